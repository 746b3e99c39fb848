using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Terse.Harness;
using Terse.Hosting;
using Terse.Tests.Visits;

namespace Terse.Tests.Hosting;

/// <summary>Tests the PROXY protocol with the bytes of real connections.</summary>
public sealed class ProxyProtocolTests : IAsyncLifetime
{
    private const string Get = "GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    private const string Link =
        """
        {"target": "https://else.example/", "code": "a", "rules": [
            {"name": "k", "if": {"country": "KR"}, "target": "https://korea.example/"}]}
        """;

    private readonly TemporaryFolder _folder = new();
    private TerseServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        var countries = new MmdbWriter().Add("203.0.113.9/32", MmdbWriter.Country("KR"));
        await File.WriteAllBytesAsync(_folder["countries.mmdb"], countries.ToBytes());
        _server = await TerseServer.StartAsync(
            _folder.Path,
            ("Visits:CountryFile", _folder["countries.mmdb"]),
            ("Proxies:Trusted:0", "127.0.0.1"),
            ("Proxies:Protocol", "true"));
        var created = await SendAsync(
            "PROXY UNKNOWN\r\nPOST /api/v1/links HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            + $"X-Api-Key: {AdminKey.Text}\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {Link.Length}\r\n\r\n{Link}");
        Assert.StartsWith("HTTP/1.1 201", created, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("PROXY TCP4 203.0.113.9 192.0.2.1 50000 443\r\n", "korea")]
    [InlineData("PROXY TCP4 203.0.113.8 192.0.2.1 50000 443\r\n", "else")]
    [InlineData("PROXY TCP6 ::ffff:203.0.113.9 ::1 50000 443\r\n", "korea")]
    [InlineData("PROXY UNKNOWN\r\n", "else")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xcb\0\x71\x09\xc0\0\x02\x01\xc3\x50\x01\xbb", "korea")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", "else")]
    public async Task The_address_of_the_client_comes_from_the_header(string header, string host)
    {
        var answer = await SendAsync(header + Get);

        Assert.Contains($"Location: https://{host}.example/", answer, StringComparison.Ordinal);
    }

    /// <summary>
    /// The balancer is in <c>Proxies:Trusted</c>, so headers count on a connection that has its address.
    /// </summary>
    [Theory]
    [InlineData("PROXY UNKNOWN\r\n", "else")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\x21\0\0\0", "else")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", "korea")] // LOCAL: the balancer's own request
    public async Task A_client_without_an_address_cannot_name_one_by_a_header(string header, string host)
    {
        var get = Get.Replace("Host: x", "Host: x\r\nX-Forwarded-For: 203.0.113.9", StringComparison.Ordinal);

        var answer = await SendAsync(header + get);

        Assert.Contains($"Location: https://{host}.example/", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("PROXY TCP4 203.0.113.9\r\n")]
    public async Task A_connection_without_a_valid_header_gets_no_answer(string header) =>
        Assert.Equal("", await SendAsync(header + Get));

    [Fact]
    public async Task A_connection_that_comes_from_no_trusted_proxy_gets_no_answer()
    {
        await using var server = await TerseServer.StartAsync(
            ("Proxies:Trusted:0", "192.0.2.1"), ("Proxies:Protocol", "true"));

        Assert.Equal("", await SendAsync("PROXY UNKNOWN\r\n" + Get, server));
    }

    [Fact]
    public async Task A_client_cannot_send_a_second_header()
    {
        var answer = await SendAsync(
            "PROXY TCP4 203.0.113.8 192.0.2.1 1 2\r\nPROXY TCP4 203.0.113.9 192.0.2.1 1 2\r\n" + Get);

        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_server_is_known_by_the_address_that_the_client_connected_to()
    {
        var answer = await SendAsync(
            "PROXY TCP4 203.0.113.9 192.0.2.1 50000 8443\r\n"
            + $"GET /api/v1/links/a HTTP/1.0\r\nX-Api-Key: {AdminKey.Text}\r\n\r\n");

        Assert.Contains("\"shortUrl\":\"http://192.0.2.1:8443/a\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_whose_header_is_late_is_closed()
    {
        var time = new FakeTimeProvider();
        var options = Options.Create(new ProxyOptions { Trusted = ["127.0.0.1"], Protocol = true });
        var protocol = new ProxyProtocol(
            new TrustedProxies(options),
            Options.Create(new TelemetryOptions()),
            time,
            NullLogger<ProxyProtocol>.Instance);
        var input = new Pipe();
        await using var connection = new DefaultConnectionContext(
            "1", new Duplex(input.Reader, new Pipe().Writer), new Duplex(new Pipe().Reader, input.Writer))
        {
            RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, 1),
        };
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var closing = connection.ConnectionClosed.Register(closed.SetResult);
        var isServed = false;
        var run = protocol.RunAsync(
            _ =>
            {
                isServed = true;
                return Task.CompletedTask;
            },
            connection);
        await input.Writer.WriteAsync(Encoding.ASCII.GetBytes("PROXY TCP4 203.0.113.9"));

        Assert.False(run.IsCompleted);
        time.Advance(ProxyProtocol.HeaderTime);
        await run;
        await closed.Task;
        Assert.False(isServed);
    }

    private Task<string> SendAsync(string request) => SendAsync(request, _server);

    /// <summary>Returns the answer; the empty text if the server closes the connection.</summary>
    private static async Task<string> SendAsync(string request, TerseServer server)
    {
        try
        {
            return await server.SendRawAsync(request);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            return "";
        }
    }

    private sealed class Duplex(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
