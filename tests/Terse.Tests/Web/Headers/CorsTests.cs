using System.Net;

namespace Terse.Tests.Web;

public sealed class CorsTests
{
    [Fact]
    public async Task Pages_of_other_origins_cannot_read_answers_by_default()
    {
        await using var server = await TerseServer.StartAsync();
        using var answer = await SendAsync(server, HttpMethod.Get, "/api/v1/links", "https://app.example");
        using var preflight = await SendAsync(
            server, HttpMethod.Options, "/api/v1/links", "https://app.example");

        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
        Assert.False(preflight.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("https://app.example", "https://app.example", true)]
    [InlineData("https://app.example", "https://evil.example", false)]
    [InlineData("https://app.example", "http://app.example", false)]
    [InlineData("*", "https://evil.example", true)]
    public async Task Only_configured_origins_may_use_the_API(string setting, string origin, bool isAllowed)
    {
        await using var server = await TerseServer.StartAsync(("Web:CorsOrigins:0", setting));
        using var preflight = await SendAsync(server, HttpMethod.Options, "/api/v1/links/abc", origin);
        using var answer = await SendAsync(server, HttpMethod.Get, "/api/v1/links/abc", origin);

        Assert.Equal(HttpStatusCode.NoContent, preflight.StatusCode);
        Assert.Equal(isAllowed, preflight.Headers.Contains("Access-Control-Allow-Origin"));
        Assert.Equal(isAllowed, answer.Headers.Contains("Access-Control-Allow-Origin"));
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Credentials"));
    }

    [Fact]
    public async Task Only_the_API_may_be_used_by_pages_of_other_origins()
    {
        await using var server = await TerseServer.StartAsync(("Web:CorsOrigins:0", "*"));
        foreach (var path in new[] { "/", "/unknown", "/livez" })
        {
            using var answer = await SendAsync(server, HttpMethod.Get, path, "https://app.example");
            Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(
        TerseServer server, HttpMethod method, string path, string origin)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", "PATCH");
        request.Headers.Add("Access-Control-Request-Headers", "authorization, content-type");
        return await server.Http.SendAsync(request);
    }
}
