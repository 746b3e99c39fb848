using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Terse.Harness;

namespace Terse.Tests.Web;

/// <summary>
/// Tests that mistakes of clients get an answer with a status below 500, and at most a debug line in the log.
/// </summary>
public sealed class ClientErrorTests
{
    [Fact]
    public async Task A_connection_that_is_reset_within_a_body_is_logged_for_debugging_only()
    {
        await using var server = await TerseServer.StartAsync(
            ("Logging:LogLevel:Terse.Web.ErrorPolicy", "Debug"));
        using var debug = new KeptLog(LogLevel.Debug);
        using var warnings = new KeptLog();
        var logging = server.Services.GetRequiredService<ILoggerFactory>();
        logging.AddProvider(debug);
        logging.AddProvider(warnings);
        for (var request = 1; request <= 20; request++)
        {
            await ResetWithinBodyAsync(server);
            await Eventually.IsTrueAsync(() => Task.FromResult(debug.Lines.Count >= request));
        }

        Assert.All(debug.Lines, line => Assert.Matches("with status 400|closed the connection", line));
        Assert.Empty(warnings.Lines);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("identity, br")]
    public async Task A_compressed_body_is_refused(string encoding)
    {
        await using var server = await TerseServer.StartAsync();
        using var refused = await PostAsync(server, encoding);
        using var plain = await PostAsync(server, "identity");

        await ProblemAssert.AssertProblemAsync(
            refused, HttpStatusCode.UnsupportedMediaType, "encoding-unsupported", "Content-Encoding");
        Assert.Equal(HttpStatusCode.Created, plain.StatusCode);
    }

    [Theory]
    [InlineData("/api/v1/links/abc?domain=a.example&domain=b.example", "domain")]
    [InlineData("/api/v1/visits?by=day&bots=true&by=day", "by")]
    [InlineData("/api/v1/visits/list?limit=1&limit=1", "limit")]
    [InlineData("/api/v1/fleet?x=1&x=2", "x")]
    public async Task A_repeated_query_parameter_of_the_API_is_refused(string path, string field)
    {
        await using var server = await TerseServer.StartAsync();
        using var answer = await server.GetAsync(path);

        await ProblemAssert.AssertProblemAsync(answer, HttpStatusCode.BadRequest, "query-invalid", field);
    }

    [Theory]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAB")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAA!")]
    public async Task A_cursor_that_cannot_be_decoded_is_refused(string cursor)
    {
        await using var server = await TerseServer.StartAsync();
        using var answer = await server.GetAsync("/api/v1/visits/list?cursor=" + cursor);

        await ProblemAssert.AssertProblemAsync(answer, HttpStatusCode.BadRequest, "query-invalid", "cursor");
    }

    [Fact]
    public async Task A_redirect_ignores_repeated_query_parameters()
    {
        await using var server = await TerseServer.StartAsync();
        var code = await server.CreateCodeAsync("https://example.com/");
        using var answer = await server.GetAsync($"/{code}?x=1&x=2");

        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
    }

    private static async Task<HttpResponseMessage> PostAsync(TerseServer server, string encoding)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post, new Uri("/api/v1/links", UriKind.Relative));
        request.Content = new StringContent("""{"target": "https://example.com/"}""", Encoding.UTF8);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Content.Headers.Add("Content-Encoding", encoding);
        return await server.Http.SendAsync(request);
    }

    /// <summary>Sends half of a body, and then resets the connection (RST).</summary>
    private static async Task ResetWithinBodyAsync(TerseServer server)
    {
        using var client = await ConnectAsync(server);
        client.LingerState = new LingerOption(enable: true, seconds: 0);
        await client.GetStream().WriteAsync(Head(length: 100));

        // The server sends "100 Continue" when it begins to read the body.
        var answer = new byte[100];
        var length = await client.GetStream().ReadAsync(answer);
        var status = Encoding.ASCII.GetString(answer, 0, length);
        Assert.StartsWith("HTTP/1.1 100", status, StringComparison.Ordinal);
    }

    private static async Task<TcpClient> ConnectAsync(TerseServer server)
    {
        var client = new TcpClient();
        await client.ConnectAsync(server.Http.BaseAddress!.Host, server.Http.BaseAddress.Port);
        return client;
    }

    /// <summary>Returns the head of a request and the first bytes of its body.</summary>
    private static byte[] Head(int length) => Encoding.ASCII.GetBytes(
        $"POST /api/v1/links HTTP/1.1\r\nHost: x\r\nX-Api-Key: {AdminKey.Text}\r\n"
        + "Content-Type: application/json\r\n"
        + $"Expect: 100-continue\r\nContent-Length: {length}\r\n\r\n" + "{\"target\":");
}
