using System.Net;
using System.Text;

namespace Terse.Tests.Redirects;

/// <summary>Tests what a domain answers when no link does.</summary>
public sealed class DomainPageTests : IAsyncLifetime
{
    private const string Settings =
        """
        {
            "name": "s.example",
            "homeRedirect": "https://example.com/h\uad6c",
            "notFoundRedirect": "https://example.com/n",
            "expiredRedirect": "https://example.com/e",
            "robotsTxt": "User-agent: *\nDisallow: /\n",
            "favicon": "https://example.com/i.png"
        }
        """;

    private TerseServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TerseServer.StartAsync(("Domains:Default", "go.example"));
        await _server.BlockAsync("spam.example");
        using var body = new StringContent(Settings, Encoding.UTF8, "application/json");
        using var added = await _server.Http.PostAsync(new Uri("/api/v1/domains", UriKind.Relative), body);
        Assert.Equal(HttpStatusCode.Created, added.StatusCode);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("/", "https://example.com/h%EA%B5%AC")]
    [InlineData("/unknown", "https://example.com/n")]
    [InlineData("/unknown/path", "https://example.com/n")]
    [InlineData("/favicon.ico", "https://example.com/i.png")]
    public async Task A_domain_redirects_what_its_settings_name(string path, string location)
    {
        using var response = await _server.GetAsync(path, "s.example", "text/html");

        Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        Assert.Equal(location, response.Headers.NonValidated["Location"].ToString());
    }

    [Theory]
    [InlineData("/", HttpStatusCode.OK, "text/html")]
    [InlineData("/unknown", HttpStatusCode.NotFound, "text/html")]
    [InlineData("/favicon.ico", HttpStatusCode.OK, "image/svg+xml")]
    [InlineData("/robots.txt", HttpStatusCode.OK, "text/plain")]
    public async Task A_domain_without_settings_answers_with_the_pages_of_Terse(
        string path, HttpStatusCode status, string mediaType)
    {
        using var response = await _server.GetAsync(path, "go.example", "text/html");

        Assert.Equal(
            (status, mediaType), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
    }

    [Fact]
    public async Task Each_domain_has_its_own_robots_txt()
    {
        using var own = await _server.GetAsync("/robots.txt", "s.example");
        using var byDefault = await _server.GetAsync("/robots.txt", "go.example");

        Assert.Equal("User-agent: *\nDisallow: /\n", await own.Content.ReadAsStringAsync());
        Assert.Equal("User-agent: *\nDisallow: /api/\n", await byDefault.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task An_expired_link_redirects_to_its_own_expired_target_or_to_that_of_its_domain()
    {
        await CreateExpiredAsync("own", """, "expiredTarget": "https://example.com/own" """, "s.example");
        await CreateExpiredAsync("none", "", "s.example");
        await CreateExpiredAsync("none", "", "go.example");

        Assert.Equal("https://example.com/own", await FollowAsync("/own", "s.example"));
        Assert.Equal("https://example.com/e", await FollowAsync("/none", "s.example"));
        using var gone = await _server.GetAsync("/none", "go.example");
        Assert.Equal(HttpStatusCode.Gone, gone.StatusCode);
    }

    [Fact]
    public async Task A_link_that_is_switched_off_is_like_an_unknown_code()
    {
        await _server.CreateCodeAsync("https://example.com/", "off", "s.example");
        using var changed = await _server.SendAsync(
            HttpMethod.Patch, "off?domain=s.example", """{"enabled": false}""");

        Assert.Equal("https://example.com/n", await FollowAsync("/off", "s.example"));
    }

    [Fact]
    public async Task A_deleted_link_is_gone_and_does_not_redirect()
    {
        await _server.CreateCodeAsync("https://example.com/", "gone", "s.example");
        using var deleted = await _server.SendAsync(HttpMethod.Delete, "gone?domain=s.example");
        using var response = await _server.GetAsync("/gone", "s.example");

        Assert.Equal(HttpStatusCode.Gone, response.StatusCode);
    }

    private async Task CreateExpiredAsync(string code, string more, string domain)
    {
        using var response = await _server.PostAsync(
            $$"""
            {"target": "https://example.com/", "code": "{{code}}", "domain": "{{domain}}",
            "expiresAt": "2020-01-01T00:00:00Z"{{more}}}
            """);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }

    private async Task<string?> FollowAsync(string path, string host)
    {
        using var response = await _server.GetAsync(path, host);
        return response.Headers.Location?.OriginalString;
    }
}
