using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Terse.Tests.Redirects;

/// <summary>Tests how the settings of a link change the answers to its requests.</summary>
public sealed class LinkSettingsTests : IAsyncLifetime
{
    private TerseServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TerseServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_change_sets_removes_and_keeps_fields()
    {
        await CreateAsync("""{"target": "https://e.example/", "code": "a", "title": "T", "tags": ["x"]}""");
        var changed = await PatchAsync("a", """{"note": "N", "tags": null}""");

        Assert.Equal("T", changed.GetProperty("title").GetString());
        Assert.Equal("N", changed.GetProperty("note").GetString());
        Assert.Equal(0, changed.GetProperty("tags").GetArrayLength());
        var untitled = await PatchAsync("a", """{"title": ""}""");
        Assert.Equal(JsonValueKind.Null, untitled.GetProperty("title").ValueKind);
    }

    [Theory]
    [InlineData(301, "private, max-age=90")]
    [InlineData(302, "no-store")]
    [InlineData(307, "no-store")]
    [InlineData(308, "private, max-age=90")]
    public async Task A_link_redirects_with_its_status(int status, string cacheControl)
    {
        await CreateAsync(
            $$"""{"target": "https://e.example/", "code": "a", "redirectStatus": {{status}}}""");

        for (var request = 0; request < 2; request++)
        {
            using var response = await _server.GetAsync("/a");
            Assert.Equal(status, (int)response.StatusCode);
            Assert.Equal(cacheControl, response.Headers.NonValidated["Cache-Control"].ToString());
        }
    }

    [Theory]
    [InlineData(302, HttpStatusCode.MethodNotAllowed)]
    [InlineData(307, HttpStatusCode.TemporaryRedirect)]
    [InlineData(308, HttpStatusCode.PermanentRedirect)]
    public async Task Status_307_and_308_redirect_every_method(int status, HttpStatusCode expected)
    {
        await CreateAsync(
            $$"""{"target": "https://e.example/", "code": "a", "redirectStatus": {{status}}}""");
        using var body = new StringContent("x");
        using var posted = await _server.Http.PostAsync(new Uri("/a", UriKind.Relative), body);

        Assert.Equal(expected, posted.StatusCode);
    }

    [Fact]
    public async Task A_permanent_redirect_of_a_link_with_a_limit_is_not_cached()
    {
        await CreateAsync(
            """{"target": "https://e.example/", "code": "a", "redirectStatus": 301, "maxVisits": 2}""");
        using var response = await _server.GetAsync("/a");

        Assert.Equal("no-store", response.Headers.NonValidated["Cache-Control"].ToString());
    }

    [Theory]
    [InlineData("https://e.example/x?")]
    [InlineData("https://e.example/x?a=1&&b")]
    public async Task A_target_stays_as_it_is_if_nothing_is_forwarded(string target)
    {
        await CreateAsync(
            $$"""{"target": "{{target}}", "code": "a", "forwardPath": true, "forwardQuery": "merge"}""");
        using var response = await _server.GetAsync("/a");

        Assert.Equal(target, response.Headers.NonValidated["Location"].ToString());
    }

    [Fact]
    public async Task A_path_is_not_forwarded_to_a_target_without_a_host()
    {
        await using var server = await TerseServer.StartAsync(("Links:OtherSchemes:0", "myapp"));
        using var response = await server.PostAsync("""{"target": "myapp:", "forwardPath": true}""");

        await ProblemAssert.AssertProblemAsync(
            response, HttpStatusCode.BadRequest, "field-invalid", "forwardPath");
    }

    [Fact]
    public async Task A_location_that_forwarding_makes_too_long_is_not_found()
    {
        var target = "https://e.example/" + new string('x', 8_000);
        await CreateAsync($$"""{"target": "{{target}}", "code": "a", "forwardQuery": "append"}""");
        using var longest = await _server.GetAsync("/a?" + new string('y', 100));
        using var tooLong = await _server.GetAsync("/a?" + new string('y', 500));

        Assert.Equal(HttpStatusCode.Found, longest.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, tooLong.StatusCode);
    }

    [Fact]
    public async Task A_disabled_link_is_answered_like_an_unknown_one()
    {
        await CreateAsync("""{"target": "https://e.example/", "code": "a", "enabled": false}""");
        using var disabled = await _server.GetAsync("/a");
        using var unknown = await _server.GetAsync("/b");

        Assert.Equal(unknown.StatusCode, disabled.StatusCode);
        Assert.Equal(await DetailOf(unknown), await DetailOf(disabled));
        await PatchAsync("a", """{"enabled": true}""");
        using var enabled = await _server.GetAsync("/a");
        Assert.Equal(HttpStatusCode.Found, enabled.StatusCode);
    }

    [Fact]
    public async Task Before_its_time_a_link_is_not_found_and_says_when_it_starts()
    {
        await CreateAsync(
            """{"target": "https://e.example/", "code": "a", "validFrom": "2999-01-02T03:04:05Z"}""");
        using var response = await _server.GetAsync("/a");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("2999-01-02 at 03:04:05 UTC", await DetailOf(response), StringComparison.Ordinal);
        await PatchAsync("a", """{"validFrom": "2000-01-01T00:00Z"}""");
        using var later = await _server.GetAsync("/a");
        Assert.Equal(HttpStatusCode.Found, later.StatusCode);
    }

    [Fact]
    public async Task A_link_that_would_expire_before_it_starts_is_refused()
    {
        await CreateAsync(
            """{"target": "https://e.example/", "code": "a", "validFrom": "2999-01-01T00:00Z"}""");
        using var body = new StringContent(
            """{"expiresIn": "P1D"}""", Encoding.UTF8, "application/json");
        using var refused = await _server.Http.PatchAsync(
            new Uri("/api/v1/links/a", UriKind.Relative), body);

        await ProblemAssert.AssertProblemAsync(
            refused, HttpStatusCode.BadRequest, "field-invalid", "validFrom");
    }

    [Fact]
    public async Task An_expired_link_leads_to_its_expired_target()
    {
        await CreateAsync(
            """
            {"target": "https://e.example/", "code": "a", "expiresAt": "2000-01-01T00:00Z",
                "expiredTarget": "https://e.example/over?a b"}
            """);
        using var response = await _server.GetAsync("/a");

        Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        Assert.Equal("https://e.example/over?a%20b", response.Headers.NonValidated["Location"].ToString());
    }

    [Fact]
    public async Task A_path_after_the_code_of_a_link_that_forwards_no_paths_is_not_found()
    {
        await CreateAsync("""{"target": "https://e.example/", "code": "a"}""");
        using var response = await _server.GetAsync("/a/b");

        await ProblemAssert.AssertProblemAsync(response, HttpStatusCode.NotFound, "link-not-found", null);
    }

    [Fact]
    public async Task A_short_URL_with_another_script_is_shown_in_ASCII_and_works_in_both_forms()
    {
        var link = await CreateAsync("""{"target": "https://e.example/", "code": "구글"}""");

        Assert.EndsWith(
            "/%EA%B5%AC%EA%B8%80", link.GetProperty("shortUrl").GetString(), StringComparison.Ordinal);
        foreach (var path in new[] { "/구글", "/%EA%B5%AC%EA%B8%80", "/%ea%b5%ac%ea%b8%80" })
        {
            using var response = await _server.GetAsync(path);
            using var shown = await _server.GetAsync("/api/v1/links" + path);
            Assert.Equal((HttpStatusCode.Found, HttpStatusCode.OK), (response.StatusCode, shown.StatusCode));
        }
    }

    private static async Task<string?> DetailOf(HttpResponseMessage response) =>
        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString();

    private async Task<JsonElement> CreateAsync(string body)
    {
        using var response = await _server.PostAsync(body);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private async Task<JsonElement> PatchAsync(string code, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _server.Http.PatchAsync(
            new Uri("/api/v1/links/" + code, UriKind.Relative), content);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }
}
