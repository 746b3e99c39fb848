using System.Globalization;
using System.Net;
using System.Text;
using Terse.Harness;

namespace Terse.ProcessTests;

/// <summary>
/// Sends requests whose end is ambiguous through a real HAProxy, whose clients share its connections to the
/// server. If HAProxy and the server disagreed about the end of a request, the rest of it would become the
/// begin of another client's request, and this client would get the answer to it.
/// </summary>
public sealed class SmugglingTests
{
    private const string Hidden = "GET /hidden HTTP/1.1\r\nHost: x\r\nX: ";

    /// <summary>The bodies hold the begin of a request, for a reader that finds the end too early.</summary>
    private static readonly string[] Attacks =
    [
        Post("Content-Length: {all}\r\nTransfer-Encoding: chunked", "0\r\n\r\n" + Hidden),
        Post(
            "Transfer-Encoding: chunked\r\nContent-Length: 4",
            $"{Hidden.Length:x}\r\n{Hidden}\r\n0\r\n\r\n"),
        Post("Content-Length: 0\r\nContent-Length: {all}", Hidden),
        Post("Content-Length: {all}\r\nContent-Length: 0", Hidden),
        Post("Content-Length: {all}, 0", Hidden),
        Post("Content-Length: +{all}", Hidden),
        Post("Content-Length: 0x{all}", Hidden),
        Post("Content-Length : {all}", Hidden),
        Post("Content-Length:\r\n {all}", Hidden),
        Post("Content-Length: {all}\r\nTransfer-Encoding: xchunked", "0\r\n\r\n" + Hidden),
        Post("Content-Length: {all}\r\nTransfer-Encoding : chunked", "0\r\n\r\n" + Hidden),
        Post("Content-Length: {all}\r\nTransfer-Encoding:\tchunked", "0\r\n\r\n" + Hidden),
        Post("Content-Length: {all}\r\nTransfer-Encoding:\r\n chunked", "0\r\n\r\n" + Hidden),
        Post("Content-Length: {all}\r\nTransfer-Encoding: chunked, identity", "0\r\n\r\n" + Hidden),
        Post("Content-Length: {all}\r\nTransfer-Encoding: identity\r\nTransfer-Encoding: chunked",
            "0\r\n\r\n" + Hidden),
        Post("Content-Length: {all}\r\n Transfer-Encoding: chunked", "0\r\n\r\n" + Hidden),
        Post("Content-Length: {all}\r\nX: y\nTransfer-Encoding: chunked", "0\r\n\r\n" + Hidden),
        Post("Content-Length: {all}\r\nTransfer-Encoding: \vchunked", "0\r\n\r\n" + Hidden),
        Post("Transfer-Encoding: chunked", $"0;x=\"\r\n\r\n{Hidden}\"\r\n\r\n"),
        Post("Transfer-Encoding: chunked", $"1\nx\n0\n\n{Hidden}"),
        Post("Transfer-Encoding: chunked", $"00000000000000000\r\n\r\n{Hidden}"),
        Post("Transfer-Encoding: chunked", $"0\r\nContent-Length: 5\r\n\r\n{Hidden}"),
        Post("Transfer-Encoding: chunked", $"-1\r\n{Hidden}\r\n0\r\n\r\n"),
        $"GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: {Hidden.Length}\r\n\r\n{Hidden}",
        $"GET /a HTTP/1.1\r\nHost: x\r\n\r\n\r\n{Hidden}",
        $"GET /a HTTP/1.1\nHost: x\n\n{Hidden}",
        $"HEAD /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{Hidden}",
        "POST /a HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n"
            + $"0\r\n\r\n{Hidden}",
    ];

    [Fact]
    public async Task No_client_gets_the_answer_to_a_request_that_another_client_has_hidden_in_a_body()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(
            folder.Path, "--Proxies:Trusted:0", "127.0.0.1");
        foreach (var code in new[] { "a", "hidden" })
            await CreateAsync(server, code);
        var port = FreePort.Find();
        await using var proxy = await HaProxy.StartAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                frontend balancer
                    mode http
                    bind 127.0.0.1:{port}
                    option forwardfor
                    default_backend servers
                backend servers
                    mode http
                    http-reuse always
                    server a {server.Authority} maxconn 1
                """),
            port);
        var address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            BaseAddress = address,
        };

        foreach (var attack in Attacks)
        {
            using var attacker = await SlowConnection.OpenAsync(address, attack);
            for (var request = 0; request < 3; request++)
            {
                using var response = await http.GetAsync(new Uri("/a", UriKind.Relative));
                Assert.True(response.StatusCode == HttpStatusCode.Found, attack);
                Assert.Equal("https://a.example/", response.Headers.Location?.OriginalString);
            }
        }
    }

    /// <summary>Builds a request; <c>{all}</c> stands for the length of the body.</summary>
    private static string Post(string framing, string body)
    {
        var length = Encoding.Latin1.GetByteCount(body).ToString(CultureInfo.InvariantCulture);
        return "POST /a HTTP/1.1\r\nHost: x\r\n"
            + framing.Replace("{all}", length, StringComparison.Ordinal) + "\r\n\r\n" + body;
    }

    private static async Task CreateAsync(TerseProcess server, string code)
    {
        using var body = new StringContent(
            $$"""{"target": "https://{{code}}.example/", "code": "{{code}}"}""",
            mediaType: new("application/json"));
        using var created = await server.Http.PostAsync(new Uri("/api/v1/links", UriKind.Relative), body);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
    }
}
