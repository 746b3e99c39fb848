using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Terse.Harness;

namespace Terse.Tests.Domains;

public sealed class DomainTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private TerseServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TerseServer.StartAsync(
        _folder.Path,
        ("Domains:Default", "go.example.com"),
        ("Domains:Others:0", "S.example.org"),
        ("Domains:Scheme", "https"));

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_host_of_the_request_picks_the_domain_of_the_link()
    {
        await _server.CreateCodeAsync("https://example.com/default", "sale");
        await _server.CreateCodeAsync("https://example.com/other", "sale", "s.example.org");

        Assert.Equal("https://example.com/default", await FollowAsync("go.example.com"));
        Assert.Equal("https://example.com/other", await FollowAsync("s.example.org"));
        Assert.Equal("https://example.com/other", await FollowAsync("S.EXAMPLE.ORG:8080"));
        Assert.Equal("https://example.com/default", await FollowAsync("unknown.example"));
    }

    [Fact]
    public async Task A_short_URL_shows_its_domain_and_the_configured_scheme()
    {
        using var byDefault = await _server.CreateAsync("https://example.com/", "a");
        using var other = await _server.CreateAsync("https://example.com/", "b", "s.example.org");

        Assert.Equal("https://go.example.com/a", await ShortUrlAsync(byDefault));
        Assert.Equal("https://s.example.org/b", await ShortUrlAsync(other));
        Assert.Equal("/api/v1/links/b?domain=s.example.org", other.Headers.Location!.OriginalString);
        using var shown = await _server.GetAsync(other.Headers.Location!.OriginalString);
        Assert.Equal("https://s.example.org/b", await ShortUrlAsync(shown));
    }

    [Fact]
    public async Task A_link_of_one_domain_is_not_found_on_another()
    {
        await _server.CreateCodeAsync("https://example.com/", "only-there", "s.example.org");
        using var response = await _server.GetAsync("/only-there", "go.example.com");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Theory]
    [InlineData("https://go.example.com/a")]
    [InlineData("http://S.example.org/")]
    [InlineData("https://s.example.org:443/")]
    public async Task A_target_on_one_of_the_own_domains_is_refused(string target)
    {
        using var response = await _server.CreateAsync(target);
        await ProblemAssert.AssertProblemAsync(
            response, HttpStatusCode.BadRequest, "target-is-terse", "target");
    }

    private async Task<string?> FollowAsync(string host)
    {
        using var response = await _server.GetAsync("/sale", host);
        return response.Headers.Location?.OriginalString;
    }

    private static async Task<string?> ShortUrlAsync(HttpResponseMessage response) =>
        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("shortUrl").GetString();
}
