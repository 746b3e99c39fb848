using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Terse.Harness;
using Terse.Links;
using Terse.Visits;

namespace Terse.Tests.Visits;

public sealed class VisitEndpointsTests : IAsyncLifetime
{
    private static readonly DateTimeOffset At = new(2026, 10, 25, 0, 30, 0, TimeSpan.Zero);

    private TerseServer _server = null!;
    private Tsid _link;

    public async ValueTask InitializeAsync()
    {
        _server = await TerseServer.StartAsync();
        await _server.CreateCodeAsync("https://example.com/", "sale");
        var links = _server.Services.GetRequiredService<ILinkReader>();
        _link = (await links.FindAsync(new("", "sale"), default))!.Id;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_link_shows_its_total_of_visits()
    {
        var before = await GetAsync("/api/v1/links/sale");
        await AddAsync(1, NewVisit(), NewVisit(), NewVisit() with { IsBot = true });
        var after = await GetAsync("/api/v1/links/sale");

        Assert.Equal("""{"total":0,"bots":0}""", before.GetProperty("visits").GetRawText());
        Assert.Equal("""{"total":3,"bots":1}""", after.GetProperty("visits").GetRawText());
    }

    [Fact]
    public async Task A_client_that_polls_a_link_sees_new_visits_and_its_tag_still_permits_a_change()
    {
        using var first = await _server.GetAsync("/api/v1/links/sale");
        var tag = first.Headers.ETag!.ToString();
        using var unchanged = await _server.SendAsync(
            HttpMethod.Get, "sale", body: null, ("If-None-Match", tag));
        await AddAsync(1, NewVisit() with { IsBot = true });
        using var visited = await _server.SendAsync(
            HttpMethod.Get, "sale", body: null, ("If-None-Match", tag));
        using var changed = await _server.SendAsync(
            HttpMethod.Patch, "sale", """{"target": "https://example.com/2"}""", ("If-Match", tag));

        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
        Assert.Equal(HttpStatusCode.OK, visited.StatusCode);
        Assert.NotEqual(tag, visited.Headers.ETag!.ToString());
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
    }

    [Fact]
    public async Task Only_a_GET_request_of_a_browser_that_shows_the_link_at_once_is_a_persons_visit()
    {
        const string Browser = $"User-Agent: {Follower.Browser}\r\n";
        string[] people = ["GET", "GET\r\nDNT: 1"];
        string[] bots =
        [
            "HEAD", "GET\r\nSec-Purpose: prefetch;prerender", "GET\r\nPurpose: prefetch",
            "HEAD\r\nSec-GPC: 1",
        ];
        string[] programs =
        [
            "GET", "GET\r\nUser-Agent: curl/8.5.0", "GET\r\nDNT: 1\r\nUser-Agent: curl/8.5.0",
        ];
        foreach (var (request, agent) in people.Concat(bots).Select(request => (request, Browser))
            .Concat(programs.Select(request => (request, ""))))
        {
            var lines = request.Split("\r\n", 2);
            var headers = lines.Length == 1 ? "" : lines[1] + "\r\n";
            var response = await _server.SendRawAsync(
                $"{lines[0]} /sale HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n"
                + $"{agent}{headers}\r\n");
            Assert.StartsWith("HTTP/1.1 302 ", response, StringComparison.Ordinal);
        }

        await Eventually.IsTrueAsync(async () => (await CountAsync()).Total == 9);
        Assert.Equal((9, 7), await CountAsync());
    }

    [Fact]
    public async Task Visits_are_grouped_by_days_of_a_time_zone()
    {
        await AddAsync(
            1, NewVisit(At.AddHours(-4)), NewVisit(), NewVisit(), NewVisit() with { IsBot = true });
        var days = await GetAsync(
            "/api/v1/links/sale/visits?from=2026-10-24&to=2026-10-26&by=day&zone=Europe/Vienna");
        var hours = await GetAsync(
            "/api/v1/links/sale/visits?from=2026-10-25T02:00&to=2026-10-25T03:00:00+01:00"
            + "&by=hour&zone=Europe/Vienna&bots=true");

        Assert.Equal(
            """
            {"from":"2026-10-24T00:00:00+02:00","to":"2026-10-26T00:00:00+01:00","zone":"Europe/Vienna",
            "by":"day","visits":3,"counts":[{"value":"2026-10-24","visits":1},
            {"value":"2026-10-25","visits":2}]}
            """.ReplaceLineEndings(""),
            days.GetRawText());
        Assert.Equal(
            """
            {"from":"2026-10-25T02:00:00+02:00","to":"2026-10-25T03:00:00+01:00","zone":"Europe/Vienna",
            "by":"hour","visits":2,"bots":1,"counts":[
            {"value":"2026-10-25T02:00:00+02:00","visits":2,"bots":1},
            {"value":"2026-10-25T02:00:00+01:00","visits":0,"bots":0}]}
            """.ReplaceLineEndings(""),
            hours.GetRawText());
    }

    [Fact]
    public async Task Visits_are_grouped_by_value_and_unknown_is_the_empty_value()
    {
        await AddAsync(
            1,
            NewVisit() with { Referrer = "a.example" },
            NewVisit() with { Referrer = "a.example" },
            NewVisit(),
            NewVisit() with { Referrer = "b.example", IsBot = true });
        const string Path = "/api/v1/links/sale/visits?from=2026-10-24&to=2026-10-26&by=referrer";
        var people = await GetAsync(Path);
        var all = await GetAsync(Path + "&bots=true");

        Assert.Equal(
            """[{"value":"a.example","visits":2},{"value":"","visits":1}]""",
            people.GetProperty("counts").GetRawText());
        Assert.Equal(
            """
            [{"value":"a.example","visits":2,"bots":0},{"value":"","visits":1,"bots":0},
            {"value":"b.example","visits":0,"bots":1}]
            """.ReplaceLineEndings(""),
            all.GetProperty("counts").GetRawText());
        Assert.Equal((3, 1), (all.GetProperty("visits").GetInt32(), all.GetProperty("bots").GetInt32()));
    }

    [Fact]
    public async Task Counts_of_all_links_include_requests_that_were_not_redirected()
    {
        await AddAsync(
            1,
            NewVisit(),
            NewVisit() with { Link = default, Outcome = RedirectOutcome.Unknown },
            NewVisit() with { Outcome = RedirectOutcome.UsedUp },
            NewVisit() with { Outcome = RedirectOutcome.UsedUp, IsBot = true });
        var all = await GetAsync("/api/v1/visits?from=2026-10-24&to=2026-10-26&by=month");

        Assert.Equal(1, all.GetProperty("visits").GetInt32());
        Assert.Equal("""[{"value":"2026-10-01","visits":1}]""", all.GetProperty("counts").GetRawText());
        Assert.Equal(
            """
            [{"value":"unknown","visits":1},{"value":"expired","visits":0},{"value":"blocked","visits":0},
            {"value":"deleted","visits":0},{"value":"usedUp","visits":1},{"value":"disabled","visits":0},
            {"value":"scheduled","visits":0},{"value":"locked","visits":0}]
            """.ReplaceLineEndings(""),
            all.GetProperty("missed").GetRawText());
    }

    [Fact]
    public async Task The_default_range_is_the_last_30_days()
    {
        var now = TimeProvider.System.GetUtcNow();
        await AddAsync(1, NewVisit(now.AddHours(-1)), NewVisit(now.AddDays(-28)), NewVisit(now.AddDays(-31)));
        var days = await GetAsync("/api/v1/links/sale/visits");

        Assert.Equal("UTC", days.GetProperty("zone").GetString());
        Assert.Equal("day", days.GetProperty("by").GetString());
        Assert.Equal(2, days.GetProperty("visits").GetInt32());
        Assert.InRange(days.GetProperty("counts").GetArrayLength(), 30, 31);
    }

    [Theory]
    [InlineData("/api/v1/links/sale/visits/list")]
    [InlineData("/api/v1/visits/list")]
    public async Task Single_visits_are_listed_page_by_page(string path)
    {
        var visits = Enumerable.Range(0, 25).Select(hour => NewVisit(At.AddHours(-hour)) with
        {
            Country = "AT",
            Referrer = $"{hour}.example",
            Browser = "Firefox",
            Os = "Linux",
            Device = "desktop",
        });
        await AddAsync(1, [.. visits, NewVisit() with { IsBot = true }]);
        var (listed, next) = (new List<JsonElement>(), "");
        do
        {
            var page = await GetAsync(path + "?limit=10" + next);
            listed.AddRange(page.GetProperty("visits").EnumerateArray());
            next = page.TryGetProperty("next", out var cursor) ? $"&cursor={cursor.GetString()}" : "";
        }
        while (next.Length > 0);

        Assert.Equal(
            Enumerable.Range(0, 25).Select(hour => $"{hour}.example"),
            listed.Select(visit => visit.GetProperty("referrer").GetString()));
        var host = _server.Http.BaseAddress!.Authority;
        Assert.Equal(
            $$"""
            {"at":"2026-10-25T00:30:00Z","linkId":"{{_link:D}}","domain":"{{host}}","code":"sale","bot":false,
            "country":"AT","referrer":"0.example","browser":"Firefox","os":"Linux","device":"desktop"}
            """.ReplaceLineEndings(""),
            listed[0].GetRawText());
        Assert.Equal(26, (await GetAsync(path + "?bots=true")).GetProperty("visits").GetArrayLength());
    }

    [Theory]
    [InlineData("visits?from=yesterday", "from")]
    [InlineData("visits?from=1969-12-31", "from")]
    [InlineData("visits?from=0001-01-01&zone=Asia/Tokyo", "from")]
    [InlineData("visits?from=9999-12-31&zone=America/New_York", "from")]
    [InlineData("visits?to=2026-13-01", "to")]
    [InlineData("visits?from=", "from")]
    [InlineData("visits?from=2026-11-22&from=2026-11-23", "from")]
    [InlineData("visits?from=2026-11-22&to=2026-11-22", "from")]
    [InlineData("visits?from=2000-01-01&to=2026-11-22", "from")]
    [InlineData("visits?from=2024-01-01&to=2026-11-22&by=hour", "from")]
    [InlineData("visits?by=year", "by")]
    [InlineData("visits?by=none", "by")]
    [InlineData("visits?zone=Europe/Wien", "zone")]
    [InlineData("visits?zone=/dev/zero", "zone")]
    [InlineData("visits?zone=../../../etc/passwd", "zone")]
    [InlineData("visits?zone=%00", "zone")]
    [InlineData("visits?zone=", "zone")]
    [InlineData("visits?bots=1", "bots")]
    [InlineData("visits/list?limit=0", "limit")]
    [InlineData("visits/list?limit=1001", "limit")]
    [InlineData("visits/list?limit=-1", "limit")]
    [InlineData("visits/list?cursor=abc", "cursor")]
    [InlineData("visits/list?cursor=__________________________", "cursor")]
    [InlineData("visits/list?cursor=_____________________w", "cursor")]
    [InlineData("visits/list?from=2026-11-22&to=2026-11-21", "from")]
    public async Task An_invalid_parameter_is_named_in_the_error(string query, string field)
    {
        foreach (var root in new[] { "/api/v1/", "/api/v1/links/sale/" })
        {
            using var response = await _server.GetAsync(root + query);
            await ProblemAssert.AssertProblemAsync(
                response, HttpStatusCode.BadRequest, "query-invalid", field);
        }
    }

    [Theory]
    [InlineData("/api/v1/links/nope/visits", HttpStatusCode.NotFound, "link-not-found", "code")]
    [InlineData("/api/v1/links/nope/visits/list", HttpStatusCode.NotFound, "link-not-found", "code")]
    [InlineData("/api/v1/links/a%20b/visits", HttpStatusCode.NotFound, "link-not-found", "code")]
    [InlineData("/api/v1/links/sale/visits?domain=x", HttpStatusCode.BadRequest, "domain-unknown", "domain")]
    public async Task Visits_of_an_unknown_link_are_404(
        string path, HttpStatusCode status, string type, string field)
    {
        using var response = await _server.GetAsync(path);
        await ProblemAssert.AssertProblemAsync(response, status, type, field);
    }

    /// <summary>Names of rules belong to their link, so a report of all links would mix them up.</summary>
    [Fact]
    public async Task Visits_are_reported_by_rule_only_for_one_link()
    {
        await AddAsync(1, NewVisit() with { Rule = "half" }, NewVisit());
        var range = "by=rule&from=2026-10-25&to=2026-10-26";
        var ofLink = await GetAsync($"/api/v1/links/sale/visits?{range}");
        using var ofAll = await _server.GetAsync($"/api/v1/visits?{range}");

        Assert.Equal(
            """[{"value":"half","visits":1},{"value":"","visits":1}]""",
            ofLink.GetProperty("counts").GetRawText());
        await ProblemAssert.AssertProblemAsync(ofAll, HttpStatusCode.BadRequest, "query-invalid", "by");
    }

    private static readonly string[] Longest = ["hour", "day", "week", "month"];

    [Fact]
    public async Task The_maximum_ranges_are_accepted()
    {
        foreach (var by in Longest)
        {
            var from = by == "hour" ? "2025-11-21" : "2016-11-15";
            var shown = await GetAsync($"/api/v1/visits?from={from}&to=2026-11-22&by={by}&zone=Asia/Kolkata");
            Assert.True(shown.GetProperty("counts").GetArrayLength() > 100);
        }
    }

    private Visit NewVisit(DateTimeOffset? at = null) =>
        new(_link, at ?? At, RedirectOutcome.Followed, false, "", "", "", "", "");

    private Task<bool> AddAsync(long number, params Visit[] visits) => _server.Services
        .GetRequiredService<IVisitStore>().AddAsync(new(new(1, 1), number, visits), default);

    private async Task<(long Total, long Bots)> CountAsync()
    {
        var visits = (await GetAsync("/api/v1/links/sale")).GetProperty("visits");
        return (visits.GetProperty("total").GetInt64(), visits.GetProperty("bots").GetInt64());
    }

    private async Task<JsonElement> GetAsync(string path)
    {
        using var response = await _server.GetAsync(path);
        var text = await response.Content.ReadAsStringAsync();
        Assert.Equal((HttpStatusCode.OK, text), (response.StatusCode, text));
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }
}
