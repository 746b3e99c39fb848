using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Terse.Harness;
using Terse.Redirects;

namespace Terse.Tests.Redirects;

/// <summary>Tests links with rules over HTTP.</summary>
public sealed class RuleTests : IAsyncLifetime
{
    private const string Phone =
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        + "Version/17.5 Mobile/15E148 Safari/604.1";

    private static readonly (string Key, string Value)[] Settings =
        [("Visits:CountryHeader", "CF-IPCountry"), ("Proxies:Trusted:0", "127.0.0.0/8")];

    private TerseServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TerseServer.StartAsync(Settings);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task The_first_rule_that_matches_leads_to_its_target()
    {
        await CreateAsync(
            """
            {"target": "https://e.example/", "code": "a", "rules": [
                {"name": "phones", "if": {"device": "phone", "language": "ko"},
                    "target": "https://e.example/1"},
                {"name": "korean", "if": {"language": "ko"}, "target": "https://bücher.example/2"},
                {"name": "korea", "if": {"country": ["KR", "KP"]}, "target": "https://e.example/3"},
                {"name": "query", "if": {"query": "x=1"}, "target": "https://e.example/4"}]}
            """);

        for (var time = 0; time < 2; time++)
        {
            await AssertLocationAsync("https://e.example/", "/a");
            await AssertLocationAsync(
                "https://e.example/1", "/a", ("User-Agent", Phone), ("Accept-Language", "ko-KR,en;q=0.9"));
            await AssertLocationAsync(
                "https://xn--bcher-kva.example/2", "/a", ("Accept-Language", "en;q=0.8,ko;q=0.9"));
            await AssertLocationAsync("https://e.example/", "/a", ("Accept-Language", "en,ko;q=0.9"));
            await AssertLocationAsync("https://e.example/3", "/a", ("CF-IPCountry", "KR"));
            await AssertLocationAsync("https://e.example/4", "/a/?y=2&x=1");
        }
    }

    [Fact]
    public async Task Forwarding_adds_to_the_target_of_the_rule()
    {
        await CreateAsync(
            """
            {"target": "https://e.example/", "code": "a", "forwardPath": true, "forwardQuery": "merge",
                "rules": [{"name": "q", "if": {"query": "x"}, "target": "https://e.example/docs?x=0#top"}]}
            """);

        await AssertLocationAsync("https://e.example/docs/b?x=1#top", "/a/b?x=1");
        await AssertLocationAsync("https://e.example/b?y=1", "/a/b?y=1");
    }

    [Theory]
    [InlineData("""{"forwardPath": true}""")]
    [InlineData("""{"rules": [{"name": "a", "if": {"os": "iOS"}, "target": "app:"}], "forwardPath": true}""")]
    public async Task A_path_is_forwarded_only_if_all_targets_have_a_host(string change)
    {
        await using var server = await TerseServer.StartAsync(("Links:OtherSchemes:0", "app"));
        (await server.PostAsync(
            """
            {"target": "https://e.example/", "code": "a", "rules": [
                {"name": "a", "if": {"percent": 1}, "target": "app:a"}]}
            """)).Dispose();
        using var refused = await server.SendAsync(HttpMethod.Patch, "a", change);

        await ProblemAssert.AssertProblemAsync(
            refused, HttpStatusCode.BadRequest, "field-invalid", "forwardPath");
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    public async Task No_cache_keeps_a_redirect_that_depends_on_the_visitor(int status)
    {
        await CreateAsync(
            $$"""
            {"target": "https://e.example/", "code": "a", "redirectStatus": {{status}}, "rules": [
                {"name": "ko", "if": {"language": "ko"}, "target": "https://e.example/ko"}]}
            """);
        foreach (var language in new[] { "ko", "en" })
        {
            using var response = await GetAsync("/a", ("Accept-Language", language));
            Assert.Equal(status, (int)response.StatusCode);
            Assert.Equal("no-store", response.Headers.NonValidated["Cache-Control"].ToString());
        }
    }

    [Fact]
    public async Task A_visitor_stays_with_one_target_and_the_shares_of_the_rules_add_up()
    {
        await CreateAsync(
            """
            {"target": "https://e.example/c", "code": "a", "rules": [
                {"name": "a", "if": {"percent": 40}, "target": "https://e.example/a"},
                {"name": "b", "if": {"percent": 40}, "target": "https://e.example/b"}]}
            """);
        await _server.Services.GetRequiredService<VisitorSalts>().UpdateAsync(default);
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var visitor = 0; visitor < 500; visitor++)
        {
            var address = ("X-Forwarded-For", $"192.0.{visitor / 250}.{visitor % 250}");
            using var first = await GetAsync("/a", address);
            using var second = await GetAsync("/a", address);
            var target = first.Headers.Location!.AbsolutePath;
            Assert.Equal(target, second.Headers.Location!.AbsolutePath);
            counts[target] = counts.GetValueOrDefault(target) + 1;
        }

        // 200 visitors expected with a deviation of 11, and 100 with a deviation of 9.
        Assert.InRange(counts["/a"], 140, 260);
        Assert.InRange(counts["/b"], 140, 260);
        Assert.InRange(counts["/c"], 50, 150);
    }

    [Fact]
    public async Task A_visitor_keeps_a_target_when_the_server_restarts()
    {
        using var folder = new TemporaryFolder();
        var runs = new List<string>();
        for (var run = 0; run < 2; run++)
        {
            await using var server = await TerseServer.StartAsync(folder.Path, Settings);
            (await server.PostAsync(
                """
                {"target": "https://e.example/0", "code": "a", "rules": [
                    {"name": "half", "if": {"percent": 50}, "target": "https://e.example/1"}]}
                """)).Dispose();
            await server.Services.GetRequiredService<VisitorSalts>().UpdateAsync(default);
            var targets = new StringBuilder();
            for (var visitor = 0; visitor < 64; visitor++)
            {
                using var response = await GetAsync(server, "/a", ("X-Forwarded-For", $"192.0.2.{visitor}"));
                targets.Append(response.Headers.Location!.AbsolutePath);
            }

            runs.Add(targets.ToString());
        }

        Assert.Equal(runs[0], runs[1]);
        Assert.Contains("/0", runs[0], StringComparison.Ordinal);
        Assert.Contains("/1", runs[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_replaces_all_rules_and_null_removes_them()
    {
        var created = await CreateAsync(
            """
            {"target": "https://e.example/", "code": "a", "rules": [
                {"name": "one", "if": {"os": "ios"}, "target": "https://e.example/1"},
                {"name": "two", "if": {"from": "2026-01-01T00:00Z"}, "target": "https://e.example/2"}]}
            """);
        Assert.Equal(
            """
            [{"name":"one","if":{"os":["iOS"]},"target":"https://e.example/1"},
            {"name":"two","if":{"from":"2026-01-01T00:00:00Z"},"target":"https://e.example/2"}]
            """.ReplaceLineEndings(""),
            created.GetProperty("rules").GetRawText());

        var kept = await PatchAsync("""{"title": "T"}""");
        Assert.Equal(2, kept.GetProperty("rules").GetArrayLength());
        var shown = kept.GetProperty("rules").GetRawText();
        var same = await PatchAsync($$"""{"rules": {{shown}}}""");
        Assert.Equal(shown, same.GetProperty("rules").GetRawText());
        var replaced = await PatchAsync(
            """{"rules": [{"name": "x", "if": {"percent": 100}, "target": "https://e.example/x"}]}""");
        Assert.Equal(1, replaced.GetProperty("rules").GetArrayLength());
        await AssertLocationAsync("https://e.example/x", "/a");
        var removed = await PatchAsync("""{"rules": null}""");
        Assert.Equal("[]", removed.GetProperty("rules").GetRawText());
        await AssertLocationAsync("https://e.example/", "/a");
    }

    [Fact]
    public async Task A_refused_rule_is_named_by_its_path()
    {
        using var response = await _server.PostAsync(
            """
            {"target": "https://e.example/", "rules": [
                {"name": "a", "if": {"hours": "9-17"}, "target": "https://e.example/"}]}
            """);

        var problem = await ProblemAssert.AssertProblemAsync(
            response, HttpStatusCode.BadRequest, "field-invalid", "rules[0].if.hours");
        Assert.Contains("'9-17'", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_with_a_rule_to_a_blocked_host_is_answered_with_403()
    {
        using var folder = new TemporaryFolder();
        await using (var server = await TerseServer.StartAsync(folder.Path))
        {
            using var created = await server.PostAsync(
                """
                {"target": "https://e.example/", "code": "a", "rules": [
                    {"name": "never", "if": {"query": "never"}, "target": "https://spam.example/"}]}
                """);
            Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        }

        await using var later = await TerseServer.StartAsync(folder.Path);
        await later.BlockAsync("spam.example");
        using var response = await later.GetAsync("/a");
        await ProblemAssert.AssertProblemAsync(response, HttpStatusCode.Forbidden, "link-blocked", null);
    }

    [Fact]
    public async Task An_expired_link_and_a_used_up_link_do_not_take_their_rules()
    {
        const string Rules =
            """
            "rules": [{"name": "all", "if": {"percent": 100}, "target": "https://e.example/rule"}]
            """;
        await CreateAsync(
            $$"""
            {"target": "https://e.example/", "code": "a", "expiresAt": "2000-01-01T00:00Z",
                "expiredTarget": "https://e.example/over", {{Rules}}}
            """);
        await CreateAsync($$"""{"target": "https://e.example/", "code": "b", "maxVisits": 1, {{Rules}}}""");

        await AssertLocationAsync("https://e.example/over", "/a");
        await AssertLocationAsync("https://e.example/rule", "/b");
        using var usedUp = await GetAsync("/b");
        Assert.Equal(HttpStatusCode.Gone, usedUp.StatusCode);
    }

    [Fact]
    public async Task Visits_are_counted_by_the_rule_that_they_took()
    {
        await CreateAsync(
            """
            {"target": "https://e.example/", "code": "a", "rules": [
                {"name": "한국어", "if": {"language": "ko"}, "target": "https://e.example/ko"}]}
            """);
        for (var visit = 0; visit < 3; visit++)
            await AssertLocationAsync("https://e.example/ko", "/a", ("Accept-Language", "ko"));
        await AssertLocationAsync("https://e.example/", "/a");

        JsonElement report = default;
        await Eventually.IsTrueAsync(async () =>
        {
            using var response = await _server.GetAsync("/api/v1/links/a/visits?by=rule");
            report = await response.Content.ReadFromJsonAsync<JsonElement>();
            return report.GetProperty("visits").GetInt64() == 4;
        });
        Assert.Equal(
            """[{"value":"한국어","visits":3},{"value":"","visits":1}]""",
            report.GetProperty("counts").GetRawText());
    }

    private async Task AssertLocationAsync(
        string location, string path, params (string Name, string Value)[] headers)
    {
        using var response = await GetAsync(path, headers);
        Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        Assert.Equal(location, response.Headers.NonValidated["Location"].ToString());
    }

    private Task<HttpResponseMessage> GetAsync(
        string path, params (string Name, string Value)[] headers) => GetAsync(_server, path, headers);

    private static async Task<HttpResponseMessage> GetAsync(
        TerseServer server, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await server.Http.SendAsync(request);
    }

    private async Task<JsonElement> CreateAsync(string body)
    {
        using var response = await _server.PostAsync(body);
        return await ReadAsync(response, HttpStatusCode.Created);
    }

    private async Task<JsonElement> PatchAsync(string body)
    {
        using var response = await _server.SendAsync(HttpMethod.Patch, "a", body);
        return await ReadAsync(response, HttpStatusCode.OK);
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response, HttpStatusCode expected)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.Equal((expected, text), (response.StatusCode, text));
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }
}
