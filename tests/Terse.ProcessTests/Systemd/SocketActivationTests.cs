using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Terse.Harness;

namespace Terse.ProcessTests;

/// <summary>Servers that get their listening sockets from this process, as from systemd.</summary>
public sealed class SocketActivationTests
{
    private const int Restarts = 3;
    private const int ClientsWithNewConnections = 4;
    private const int ClientsWithKeptConnections = 2;

    /// <summary>How many requests each client sends at least between two restarts.</summary>
    private const int RequestsBetween = 20;

    [Fact]
    public async Task No_request_fails_while_a_server_restarts_under_load()
    {
        using var folder = new TemporaryFolder();
        using var socket = new ListeningSocket();
        var server = await ListeningSocket.ServeAsync([socket], folder.Path, "http");
        using var ended = new CancellationTokenSource();
        try
        {
            var code = await server.CreateCodeAsync("https://example.com/kept");
            var url = new Uri(server.Http.BaseAddress!, code);
            var counts = new int[ClientsWithNewConnections + ClientsWithKeptConnections];
            var clients = counts
                .Select((_, index) => Task.Run(() => FollowUntilAsync(
                    url,
                    index < ClientsWithNewConnections ? TimeSpan.Zero : Timeout.InfiniteTimeSpan,
                    () => Interlocked.Increment(ref counts[index]),
                    ended.Token)))
                .ToList();
            for (var restart = 0; restart < Restarts; restart++)
            {
                var before = counts.ToArray();
                await Eventually.IsTrueAsync(() => Task.FromResult(
                    clients.Exists(client => client.IsFaulted)
                    || counts.Zip(before).All(pair => pair.First >= pair.Second + RequestsBetween)));
                Assert.Equal(0, await server.StopAsync());
                await server.DisposeAsync();
                server = await ListeningSocket.ServeAsync([socket], folder.Path, "http");
            }

            await ended.CancelAsync();
            Assert.All(await Task.WhenAll(clients), Assert.Empty);
        }
        finally
        {
            await ended.CancelAsync();
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_socket_with_the_name_https_uses_TLS_and_Urls_is_ignored_with_a_line_in_the_log()
    {
        using var folder = new TemporaryFolder();
        var certificates = new TestCertificates(folder.Path);
        using var plain = new ListeningSocket();
        using var secure = new ListeningSocket();
        var metrics = FreePort.Find();
        var ignored = FreePort.Find();
        await using var server = await ListeningSocket.ServeAsync(
            [plain, secure],
            folder.Path,
            "http:https",
            "--urls",
            $"http://127.0.0.1:{Text(ignored)}",
            "--Tls:CertificateFile",
            certificates.ServerCertificate,
            "--Tls:KeyFile",
            certificates.ServerKey,
            "--Telemetry:MetricsUrl",
            $"http://127.0.0.1:{Text(metrics)}",
            "--Telemetry:LogFormat",
            "json");

        Assert.Contains("Urls ('http://127.0.0.1:", server.ReadyLine, StringComparison.Ordinal);
        Assert.True(FreePort.IsFree(ignored));
        using var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = certificates.Trust() },
        };
        using var http = new HttpClient(handler);
        foreach (var address in new[]
        {
            $"http://127.0.0.1:{Text(plain.Port)}/livez",
            $"https://localhost:{Text(secure.Port)}/livez",
            $"http://127.0.0.1:{Text(metrics)}/metrics",
        })
        {
            using var answer = await http.GetAsync(new Uri(address));
            Assert.Equal((address, HttpStatusCode.OK), (address, answer.StatusCode));
        }
    }

    [Fact]
    public async Task A_socket_with_the_name_https_needs_a_certificate()
    {
        using var folder = new TemporaryFolder();
        using var socket = new ListeningSocket();
        var error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => ListeningSocket.ServeAsync([socket], folder.Path, "https"));
        Assert.Contains("set Tls:CertificateFile", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_of_an_activated_socket_begin_with_the_PROXY_header_if_the_setting_says_so()
    {
        using var folder = new TemporaryFolder();
        using var socket = new ListeningSocket();
        await using var server = await ListeningSocket.ServeAsync(
            [socket],
            folder.Path,
            "http",
            "--Proxies:Protocol",
            "true",
            "--Proxies:Trusted:0",
            "127.0.0.1");
        const string Request = "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

        Assert.StartsWith(
            "HTTP/1.1 200",
            await SendAsync(socket, "PROXY TCP4 203.0.113.9 127.0.0.1 4000 80\r\n" + Request),
            StringComparison.Ordinal);
        Assert.Equal("", await SendAsync(socket, Request));
    }

    /// <summary>Follows a link until the end, and returns what differs from a redirect.</summary>
    private static async Task<List<string>> FollowUntilAsync(
        Uri url, TimeSpan connectionLifetime, Action onAnswer, CancellationToken ended)
    {
        using var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            PooledConnectionLifetime = connectionLifetime,
        };
        using var http = new HttpClient(handler);
        var failures = new List<string>();
        while (!ended.IsCancellationRequested && failures.Count < RequestsBetween)
        {
            try
            {
                using var answer = await http.GetAsync(url, CancellationToken.None);
                if (answer.StatusCode != HttpStatusCode.Found)
                    failures.Add(answer.StatusCode.ToString());
            }
            catch (HttpRequestException exception)
            {
                failures.Add(exception.ToString());
            }

            onAnswer();
        }

        return failures;
    }

    private static async Task<string> SendAsync(ListeningSocket socket, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, socket.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(client.GetStream());
        try
        {
            return await reader.ReadToEndAsync();
        }
        catch (IOException)
        {
            return ""; // The server has reset the connection.
        }
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
