using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Terse.Tests.Links;

/// <summary>Tests how clients change and delete links over HTTP.</summary>
public sealed class LinkChangeTests : IAsyncLifetime
{
    private TerseServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TerseServer.StartAsync(("Domains:Others:0", "s.example"));
        await _server.BlockAsync("spam.example");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_change_keeps_absent_fields_and_clears_fields_that_are_null()
    {
        await _server.CreateCodeAsync("https://example.com/1", "sale");
        using var limited = await PatchAsync("""{"expiresAt": "2027-01-31T18:00+01:00", "maxVisits": 7}""");
        using var moved = await PatchAsync("""{"target": "https://example.com/2"}""");
        using var cleared = await PatchAsync("""{"expiresAt": null, "maxVisits": null}""");

        Assert.Equal(
            ("https://example.com/1", "2027-01-31T17:00:00Z", 7), await ShowAsync(limited));
        Assert.Equal(
            ("https://example.com/2", "2027-01-31T17:00:00Z", 7), await ShowAsync(moved));
        Assert.Equal(("https://example.com/2", null, null), await ShowAsync(cleared));
        Assert.Equal(["\"v2\"", "\"v3\"", "\"v4\""], new[] { limited, moved, cleared }.Select(TagOf));
        using var shown = await _server.GetAsync("/api/v1/links/sale");
        Assert.Equal(("https://example.com/2", null, null), await ShowAsync(shown));
        Assert.Equal("\"v4-0\"", TagOf(shown));
    }

    [Fact]
    public async Task A_redirect_leads_to_the_changed_target()
    {
        await _server.CreateCodeAsync("https://example.com/1", "sale");
        using var changed = await PatchAsync("""{"target": "https://example.com/2"}""");
        using var followed = await _server.GetAsync("/sale");

        Assert.Equal("https://example.com/2", followed.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task A_change_returns_the_time_of_its_write_in_microseconds()
    {
        await _server.CreateCodeAsync("https://example.com/1", "sale");
        var before = TimeProvider.System.GetUtcNow().AddMinutes(-1);
        using var changed = await PatchAsync("""{"target": "https://example.com/2"}""");
        var text = Assert.Single(changed.Headers.GetValues("Terse-Changed-At"));
        using var shown = await _server.SendAsync(
            HttpMethod.Get, "sale", body: null, ("Terse-Changed-At", text));

        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$", text);
        var at = DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
        Assert.InRange(at, before, before.AddMinutes(2));
        Assert.Equal("\"v2-0\"", TagOf(shown));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"target": "https://example.com/1"}""")]
    [InlineData("""{"expiresAt": null, "maxVisits": null}""")]
    public async Task A_change_to_the_same_values_writes_nothing(string body)
    {
        await _server.CreateCodeAsync("https://example.com/1", "sale");
        using var changed = await PatchAsync(body);

        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.Equal("\"v1\"", TagOf(changed));
        Assert.False(changed.Headers.Contains("Terse-Changed-At"));
    }

    [Theory]
    [InlineData("""{"target": null}""", "target-missing", "target")]
    [InlineData("""{"target": ""}""", "target-missing", "target")]
    [InlineData("""{"target": "javascript:alert(1)"}""", "target-scheme", "target")]
    [InlineData("""{"target": "http://localhost/"}""", "target-is-terse", "target")]
    [InlineData("""{"target": "https://www.spam.example/"}""", "target-blocked", "target")]
    [InlineData("""{"expiresAt": "tomorrow"}""", "expiry-invalid", "expiresAt")]
    [InlineData("""{"expiresAt": "2027-01-31T18:00:00"}""", "expiry-invalid", "expiresAt")]
    [InlineData("""{"expiresAt": "soon"}""", "expiry-invalid", "expiresAt")]
    [InlineData("""{"expiresAt": 1}""", "request-malformed", "expiresAt")]
    [InlineData("""{"maxVisits": 0}""", "max-visits-invalid", "maxVisits")]
    [InlineData("""{"maxVisits": 1000000000001}""", "max-visits-invalid", "maxVisits")]
    [InlineData("""{"maxVisits": 1.5}""", "request-malformed", "maxVisits")]
    [InlineData("""{"maxVisits": 1e30}""", "request-malformed", "maxVisits")]
    [InlineData("""{"maxVisits": "1"}""", "request-malformed", "maxVisits")]
    [InlineData("""{"domain": "s.example"}""", "request-malformed", "domain")]
    [InlineData("""{"hasTarget": true}""", "request-malformed", "hasTarget")]
    [InlineData("""{"maxVisits": 1, "maxVisits": 2}""", "request-malformed", "maxVisits")]
    [InlineData("null", "request-malformed", null)]
    public async Task A_change_is_validated_like_a_creation(string body, string type, string? field)
    {
        await _server.CreateCodeAsync("https://example.com/1", "sale");
        using var changed = await PatchAsync(body.Replace(
            "localhost", _server.Http.BaseAddress!.Authority, StringComparison.Ordinal));
        using var shown = await _server.GetAsync("/api/v1/links/sale");

        await ProblemAssert.AssertProblemAsync(changed, HttpStatusCode.BadRequest, type, field);
        Assert.Equal("\"v1-0\"", TagOf(shown));
    }

    [Theory]
    [InlineData("\"v1\"", HttpStatusCode.OK)]
    [InlineData("\"v7\", \"v1\"", HttpStatusCode.OK)]
    [InlineData("\"v1-0\"", HttpStatusCode.OK)]
    [InlineData("\"v1-9223372036854775807\"", HttpStatusCode.OK)]
    [InlineData("\"v2-0\"", HttpStatusCode.PreconditionFailed)]
    [InlineData("\"v1-\"", HttpStatusCode.PreconditionFailed)]
    [InlineData("\"v1-00\"", HttpStatusCode.PreconditionFailed)]
    [InlineData("\"v1-0-0\"", HttpStatusCode.PreconditionFailed)]
    [InlineData("\"v1-9223372036854775808\"", HttpStatusCode.PreconditionFailed)]
    [InlineData("W/\"v1-0\"", HttpStatusCode.PreconditionFailed)]
    [InlineData("*", HttpStatusCode.OK)]
    [InlineData("\"v2\"", HttpStatusCode.PreconditionFailed)]
    [InlineData("\"v01\"", HttpStatusCode.PreconditionFailed)]
    [InlineData("W/\"v1\"", HttpStatusCode.PreconditionFailed)]
    [InlineData("\"other\"", HttpStatusCode.PreconditionFailed)]
    [InlineData("v1", HttpStatusCode.BadRequest)]
    [InlineData("\"v1", HttpStatusCode.BadRequest)]
    [InlineData("", HttpStatusCode.BadRequest)]
    public async Task A_change_needs_the_current_version_in_If_Match(string ifMatch, HttpStatusCode status)
    {
        const string Body = """{"target": "https://example.com/2"}""";
        await _server.CreateCodeAsync("https://example.com/1", "sale");
        await _server.CreateCodeAsync("https://example.com/1", "sold");
        using var changed = await _server.SendAsync(HttpMethod.Patch, "sale", Body, ("If-Match", ifMatch));
        using var deleted = await _server.SendAsync(
            HttpMethod.Delete, "sold", body: null, ("If-Match", ifMatch));

        Assert.Equal(status, changed.StatusCode);
        Assert.Equal(
            status == HttpStatusCode.OK ? HttpStatusCode.NoContent : status, deleted.StatusCode);
        if (status == HttpStatusCode.PreconditionFailed)
            await ProblemAssert.AssertProblemAsync(changed, status, "precondition-failed", "If-Match");
    }

    [Fact]
    public async Task Of_concurrent_changes_with_one_version_one_succeeds_and_without_a_version_all_succeed()
    {
        await _server.CreateCodeAsync("https://example.com/", "sale");
        var named = await Task.WhenAll(Enumerable.Range(1, 16).Select(number => _server.SendAsync(
            HttpMethod.Patch, "sale", $$"""{"maxVisits": {{number}}}""", ("If-Match", "\"v1\""))));
        var unnamed = await Task.WhenAll(Enumerable.Range(101, 16).Select(number =>
            PatchAsync($$"""{"maxVisits": {{number}}}""")));
        using var shown = await _server.GetAsync("/api/v1/links/sale");

        Assert.Single(named, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(15, named.Count(answer => answer.StatusCode == HttpStatusCode.PreconditionFailed));
        Assert.All(unnamed, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Equal("\"v18-0\"", TagOf(shown));
        Assert.Equal(16, unnamed.Select(TagOf).Distinct().Count());
        foreach (var answer in named.Concat(unnamed))
            answer.Dispose();
    }

    [Fact]
    public async Task A_deleted_link_answers_410_and_its_code_stays_in_use()
    {
        await _server.CreateCodeAsync("https://example.com/", "sale");
        using var deleted = await _server.SendAsync(HttpMethod.Delete, "sale");
        using var again = await _server.SendAsync(HttpMethod.Delete, "sale");
        using var changed = await PatchAsync("""{"target": "https://example.com/2"}""");
        using var shown = await _server.GetAsync("/api/v1/links/sale");
        using var created = await _server.CreateAsync("https://example.com/3", "sale");

        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.True(deleted.Headers.Contains("Terse-Changed-At"));
        foreach (var answer in new[] { again, changed, shown })
            await ProblemAssert.AssertProblemAsync(answer, HttpStatusCode.Gone, "link-deleted", "code");
        await ProblemAssert.AssertProblemAsync(created, HttpStatusCode.Conflict, "code-taken", "code");
    }

    [Fact]
    public async Task A_retried_creation_of_a_deleted_link_answers_410()
    {
        const string Body = """{"target": "https://example.com/", "code": "sale"}""";
        using var created = await _server.SendAsync(HttpMethod.Post, "", Body, ("Idempotency-Key", "key"));
        using var deleted = await _server.SendAsync(HttpMethod.Delete, "sale");
        using var retry = await _server.SendAsync(HttpMethod.Post, "", Body, ("Idempotency-Key", "key"));

        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        await ProblemAssert.AssertProblemAsync(retry, HttpStatusCode.Gone, "link-deleted", "code");
    }

    [Theory]
    [InlineData("nope")]
    [InlineData("no%20code")]
    public async Task Changing_or_deleting_an_unknown_link_answers_404(string code)
    {
        using var changed = await _server.SendAsync(HttpMethod.Patch, code, "{}", ("If-Match", "*"));
        using var deleted = await _server.SendAsync(HttpMethod.Delete, code);

        foreach (var answer in new[] { changed, deleted })
        {
            await ProblemAssert.AssertProblemAsync(
                answer, HttpStatusCode.NotFound, "link-not-found", "code");
        }
    }

    [Fact]
    public async Task The_parameter_domain_picks_the_link_to_change()
    {
        await _server.CreateCodeAsync("https://example.com/1", "sale");
        await _server.CreateCodeAsync("https://example.com/2", "sale", "s.example");
        using var changed = await _server.SendAsync(
            HttpMethod.Patch, "sale?domain=s.example", """{"target": "https://example.com/3"}""");
        using var unknown = await _server.SendAsync(HttpMethod.Patch, "sale?domain=x.example", "{}");
        using var unknownToo = await _server.SendAsync(HttpMethod.Delete, "sale?domain=x.example");
        using var shown = await _server.GetAsync("/api/v1/links/sale");

        Assert.Equal("https://example.com/3", (await ShowAsync(changed)).Target);
        Assert.Equal("https://example.com/1", (await ShowAsync(shown)).Target);
        foreach (var answer in new[] { unknown, unknownToo })
        {
            await ProblemAssert.AssertProblemAsync(
                answer, HttpStatusCode.BadRequest, "domain-unknown", "domain");
        }
    }

    [Theory]
    [InlineData("\"v1-0\"", HttpStatusCode.NotModified)]
    [InlineData("W/\"v1-0\"", HttpStatusCode.NotModified)]
    [InlineData("\"v2-0\", \"v1-0\"", HttpStatusCode.NotModified)]
    [InlineData("*", HttpStatusCode.NotModified)]
    [InlineData("\"v2-0\"", HttpStatusCode.OK)]
    [InlineData("\"v1-1\"", HttpStatusCode.OK)]
    [InlineData("\"v1\"", HttpStatusCode.OK)]
    [InlineData("v1-0", HttpStatusCode.OK)]
    public async Task A_client_with_the_current_version_gets_304(string tags, HttpStatusCode status)
    {
        using var created = await _server.CreateAsync("https://example.com/", "sale");
        using var shown = await _server.SendAsync(
            HttpMethod.Get, "sale", body: null, ("If-None-Match", tags));

        Assert.Equal("\"v1-0\"", TagOf(created));
        Assert.Equal(status, shown.StatusCode);
        Assert.Equal("\"v1-0\"", TagOf(shown));
        Assert.Equal("no-cache", shown.Headers.CacheControl?.ToString());
        Assert.Equal(status == HttpStatusCode.OK, (await shown.Content.ReadAsByteArrayAsync()).Length > 0);
    }

    private Task<HttpResponseMessage> PatchAsync(string body) =>
        _server.SendAsync(HttpMethod.Patch, "sale", body);

    private static string? TagOf(HttpResponseMessage answer) => answer.Headers.ETag?.ToString();

    private static async Task<(string? Target, string? ExpiresAt, long? MaxVisits)> ShowAsync(
        HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var link = await answer.Content.ReadFromJsonAsync<JsonElement>();
        var limit = link.GetProperty("maxVisits");
        return (
            link.GetProperty("target").GetString(),
            link.GetProperty("expiresAt").GetString(),
            limit.ValueKind == JsonValueKind.Null ? null : limit.GetInt64());
    }
}
