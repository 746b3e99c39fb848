using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Terse.Harness;

namespace Terse.ProcessTests;

public sealed class DrainTests
{
    private const string Body = """{"target": "https://example.com/slow"}""";

    /// <summary>
    /// How many times as long as the shutdown waits for bodies (5 s) it may take as a whole. It waits for
    /// connections for 19 s; otherwise, the .NET host would end it after 30 s. On a slow machine, both times
    /// are longer, and their ratio is smaller.
    /// </summary>
    private const double MaxShutdownPerBody = 5;

    private static readonly string Head =
        "POST /api/v1/links HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        + $"Expect: 100-continue\r\nContent-Length: {Body.Length}\r\n\r\n";

    [Fact]
    public async Task A_draining_server_is_not_ready_and_closes_each_connection_after_its_response()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder.Path, "--Drain:Delay", "00:10:00");
        var code = await server.CreateCodeAsync("https://example.com/");
        using (var before = await GetAsync(server, code!))
            Assert.Null(before.Headers.ConnectionClose);
        server.RequestStop();
        await Eventually.IsTrueAsync(async () =>
            await StatusOfAsync(server, "readyz") == HttpStatusCode.ServiceUnavailable);

        foreach (var (path, status) in new[]
        {
            (code!, HttpStatusCode.Found),
            ("unknown", HttpStatusCode.NotFound),
            ("api/v1/links/" + code, HttpStatusCode.OK),
            ("livez", HttpStatusCode.OK),
            ("readyz/creations", HttpStatusCode.ServiceUnavailable),
        })
        {
            using var answer = await GetAsync(server, path);
            Assert.Equal((path, status, true), (path, answer.StatusCode, answer.Headers.ConnectionClose));
        }

        using var created = await server.CreateAsync("https://example.com/created-while-draining");
        Assert.Equal((HttpStatusCode.Created, true), (created.StatusCode, created.Headers.ConnectionClose));
    }

    [Theory]
    [InlineData(ChildProcess.SigTerm)]
    [InlineData(ChildProcess.SigInt)]
    public async Task A_second_signal_ends_the_process_at_once_and_acknowledged_links_are_kept(int second)
    {
        using var folder = new TemporaryFolder();
        string? code;
        await using (var server = await ServeAsync(folder, "00:10:00"))
        {
            code = await server.CreateCodeAsync("https://example.com/kept");
            server.RequestStop();
            await Eventually.IsTrueAsync(async () =>
                await StatusOfAsync(server, "readyz") == HttpStatusCode.ServiceUnavailable);
            server.RequestStop(second);
            Assert.Equal(128 + second, await server.WaitForExitAsync());
        }

        await using var restarted = await TerseProcess.ServeAsync(folder.Path);
        Assert.Equal("https://example.com/kept", await restarted.FollowAsync(code!));
    }

    [Theory]
    [InlineData(ChildProcess.SigTerm, 2, int.MaxValue)]
    [InlineData(ChildProcess.SigInt, 0, 600)]
    public async Task A_server_ends_with_exit_code_0_after_its_delay_and_after_Ctrl_C_without_a_delay(
        int signal, int least, int most)
    {
        using var folder = new TemporaryFolder();
        var delay = signal == ChildProcess.SigTerm ? "00:00:02" : "00:10:00";
        await using var server = await ServeAsync(folder, delay);
        var clock = Stopwatch.StartNew();
        server.RequestStop(signal);

        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.InRange(clock.Elapsed.TotalSeconds, least, most);
    }

    [Fact]
    public async Task A_request_that_takes_three_seconds_is_answered_after_the_listener_has_stopped()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder.Path);
        using var client = await SendHeadAsync(server);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(Body[..10]));
        var clock = Stopwatch.StartNew();
        server.RequestStop();
        await Eventually.IsTrueAsync(async () =>
            await IsRefusedAsync(server) && clock.Elapsed >= TimeSpan.FromSeconds(3));
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(Body[10..]));
        using var reader = new StreamReader(client.GetStream());
        var answer = await reader.ReadToEndAsync();

        Assert.StartsWith("HTTP/1.1 201", answer, StringComparison.Ordinal);
        Assert.Contains("Connection: close", answer, StringComparison.Ordinal);
        Assert.Equal(0, await server.WaitForExitAsync());
    }

    [Fact]
    public async Task Requests_that_their_clients_never_complete_delay_a_shutdown_by_seconds_only()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder.Path);
        using var inBody = await SendHeadAsync(server);
        await inBody.GetStream().WriteAsync(Encoding.ASCII.GetBytes(Body[..10]));
        using var inHead = new TcpClient();
        await inHead.ConnectAsync(server.Http.BaseAddress!.Host, server.Http.BaseAddress.Port);
        await inHead.GetStream().WriteAsync(Encoding.ASCII.GetBytes(Head[..20]));
        var clock = Stopwatch.StartNew();
        server.RequestStop();
        var headEnds = WaitForEndAsync(inHead);
        await WaitForEndAsync(inBody);
        var bodyTime = clock.Elapsed;

        Assert.False(headEnds.IsCompleted);
        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.InRange(clock.Elapsed / bodyTime, 1, MaxShutdownPerBody);
        await headEnds;
    }

    /// <summary>
    /// Starts a server that handles SIGINT. A process that a shell has started in the background ignores this
    /// signal, and its child processes inherit this.
    /// </summary>
    private static Task<TerseProcess> ServeAsync(TemporaryFolder folder, string delay)
    {
        string[] options = ["--urls", "http://127.0.0.1:0", "--data", folder.Path, "--Drain:Delay", delay];
        return TerseProcess.StartAsync(
            "env", ["--default-signal=INT", Repository.Program, "serve", .. options]);
    }

    /// <summary>Sends the head of a creation, and waits until the server begins to read the body.</summary>
    private static async Task<TcpClient> SendHeadAsync(TerseProcess server)
    {
        var client = new TcpClient();
        await client.ConnectAsync(server.Http.BaseAddress!.Host, server.Http.BaseAddress.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(Head));
        var continues = new byte["HTTP/1.1 100 Continue\r\n\r\n".Length];
        await client.GetStream().ReadExactlyAsync(continues);
        return client;
    }

    /// <summary>Waits until the server closes the connection.</summary>
    private static async Task WaitForEndAsync(TcpClient client)
    {
        try
        {
            await client.GetStream().CopyToAsync(Stream.Null);
        }
        catch (IOException)
        {
            // The server has reset the connection.
        }
    }

    private static async Task<bool> IsRefusedAsync(TerseProcess server)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(server.Http.BaseAddress!.Host, server.Http.BaseAddress.Port);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private static async Task<HttpStatusCode> StatusOfAsync(TerseProcess server, string path)
    {
        using var answer = await GetAsync(server, path);
        return answer.StatusCode;
    }

    private static Task<HttpResponseMessage> GetAsync(TerseProcess server, string path) =>
        server.Http.GetAsync(new Uri(path, UriKind.Relative));
}
