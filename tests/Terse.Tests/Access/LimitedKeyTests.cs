using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Terse.Harness;

namespace Terse.Tests.Access;

/// <summary>
/// A key that is limited to a domain or a tag: nothing outside of the limits exists for it, in any operation.
/// </summary>
public sealed class LimitedKeyTests : IAsyncLifetime
{
    private const string Links = "/api/v1/links";

    private TerseServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TerseServer.StartAsync(
            ("Domains:Default", "go.example"),
            ("Domains:Others:0", "a.example"),
            ("Domains:Others:1", "b.example"));
        await AddAsync("a.example", "ours", "mine");
        await AddAsync("b.example", "theirs", "other");
        await AddAsync("b.example", "shared", "mine");
        await AddAsync("go.example", "default", "other");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    public static TheoryData<string, string> OperationsOnOneLink => new()
    {
        { "GET", "" },
        { "GET", "/qr.svg" },
        { "GET", "/qr.png" },
        { "GET", "/visits" },
        { "GET", "/visits/list" },
        { "PATCH", "" },
        { "DELETE", "" },
        { "POST", "/restore" },
        { "POST", "/erase" },
    };

    [Theory]
    [MemberData(nameof(OperationsOnOneLink))]
    public async Task A_link_outside_of_the_limits_is_answered_like_one_that_does_not_exist(
        string method, string suffix)
    {
        var ofDomain = await _server.CreateKeyAsync("editor", domains: ["a.example"]);
        var ofTag = await _server.CreateKeyAsync("editor", tags: ["MINE"]);

        Assert.Equal(
            await AnswerAsync(ofDomain, method, $"missing{suffix}?domain=b.example"),
            await AnswerAsync(ofDomain, method, $"theirs{suffix}?domain=b.example"));
        Assert.Equal(
            await AnswerAsync(ofTag, method, $"missing{suffix}?domain=b.example"),
            await AnswerAsync(ofTag, method, $"theirs{suffix}?domain=b.example"));
        Assert.StartsWith(
            "404",
            await AnswerAsync(ofDomain, method, $"x{suffix}?domain=nobody.example"),
            StringComparison.Ordinal);
        using var kept = await _server.SendAsAsync(
            AdminKey.Text, HttpMethod.Get, $"{Links}/theirs?domain=b.example");
        Assert.Equal(HttpStatusCode.OK, kept.StatusCode);
    }

    [Fact]
    public async Task Lists_counts_and_searches_contain_only_links_inside_of_the_limits()
    {
        var ofDomain = await _server.CreateKeyAsync("viewer", domains: ["a.example"]);
        var ofTag = await _server.CreateKeyAsync("viewer", tags: ["mine"]);
        var ofBoth = await _server.CreateKeyAsync("viewer", domains: ["b.example"], tags: ["mine"]);

        await AssertListAsync(["ours"], ofDomain, "");
        await AssertListAsync(["ours", "shared"], ofTag, "");
        await AssertListAsync(["shared"], ofBoth, "");
        await AssertListAsync(["ours"], ofDomain, "&q=example");
        await AssertListAsync([], ofDomain, "&domain=b.example");
        await AssertListAsync([], ofDomain, "&domain=nobody.example");
        await AssertListAsync([], ofTag, "&tag=other");
        await AssertListAsync(["shared", "ours"], ofTag, "&order=newest", isSorted: false);
        var count = await _server.ReadAsAsync(ofTag, $"{Links}?count=true&limit=1");
        Assert.Equal(2, count.GetProperty("count").GetProperty("links").GetInt64());
    }

    [Theory]
    [InlineData("""{"target": "https://example.com/", "domain": "b.example", "tags": ["mine"]}""", "domain")]
    [InlineData("""{"target": "https://example.com/", "domain": "no.example", "tags": ["mine"]}""", "domain")]
    [InlineData("""{"target": "https://example.com/", "tags": ["mine"]}""", "domain")]
    [InlineData("""{"target": "https://example.com/", "domain": "a.example", "tags": ["other"]}""", "tags")]
    [InlineData("""{"target": "https://example.com/", "domain": "a.example"}""", "tags")]
    public async Task A_link_outside_of_the_limits_is_not_created(string body, string field)
    {
        var key = await _server.CreateKeyAsync("creator", ["a.example"], ["mine"]);

        using var response = await _server.SendAsAsync(key, HttpMethod.Post, Links, body);

        await ProblemAssert.AssertProblemAsync(response, HttpStatusCode.Forbidden, "key-limited", field);
    }

    [Fact]
    public async Task A_link_cannot_be_moved_out_of_the_limits()
    {
        var key = await _server.CreateKeyAsync("editor", tags: ["mine"]);

        using var response = await _server.SendAsAsync(
            key, HttpMethod.Patch, $"{Links}/ours?domain=a.example", """{"tags": ["other"]}""");

        await ProblemAssert.AssertProblemAsync(response, HttpStatusCode.Forbidden, "key-limited", "tags");
    }

    [Fact]
    public async Task A_batch_treats_each_item_like_a_single_request()
    {
        var key = await _server.CreateKeyAsync("editor", domains: ["a.example"]);

        using var response = await _server.SendAsAsync(
            key,
            HttpMethod.Post,
            $"{Links}/batch",
            """
            {"items": [
                {"op": "create", "fields": {"target": "https://example.com/", "domain": "a.example"}},
                {"op": "create", "fields": {"target": "https://example.com/", "domain": "b.example"}},
                {"op": "change", "code": "theirs", "domain": "b.example", "fields": {"note": "x"}},
                {"op": "delete", "code": "theirs", "domain": "b.example"},
                {"op": "change", "code": "ours", "domain": "a.example", "fields": {"note": "x"}}
            ]}
            """);

        var results = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("items");
        Assert.Equal(
            [201, 403, 404, 404, 200],
            results.EnumerateArray().Select(result => result.GetProperty("status").GetInt32()));
    }

    [Fact]
    public async Task An_idempotency_key_of_another_caller_returns_no_link_of_it()
    {
        var first = await _server.CreateKeyAsync("creator", domains: ["a.example"]);
        var second = await _server.CreateKeyAsync("creator", domains: ["b.example"]);

        var ofFirst = await CreateOnceAsync(first, "a.example");
        var ofSecond = await CreateOnceAsync(second, "b.example");

        Assert.NotEqual(ofFirst, ofSecond);
        Assert.Equal(ofFirst, await CreateOnceAsync(first, "a.example"));
    }

    [Fact]
    public async Task An_existing_link_outside_of_the_limits_is_not_returned_for_its_target()
    {
        var key = await _server.CreateKeyAsync("creator", tags: ["mine"]);

        using var response = await _server.SendAsAsync(
            key,
            HttpMethod.Post,
            $"{Links}?ifExists=return",
            """{"target": "https://example.com/theirs", "domain": "b.example", "tags": ["mine"]}""");

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }

    [Fact]
    public async Task A_creator_changes_only_links_that_the_same_key_created()
    {
        var (one, other) = (await _server.CreateKeyAsync("creator"), await _server.CreateKeyAsync("creator"));
        using var created = await _server.SendAsAsync(
            one, HttpMethod.Post, Links, """{"target": "https://example.com/", "code": "own"}""");
        var link = await created.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(one.Split('_')[1], link.GetProperty("createdBy").GetString());
        const string Body = """{"note": "changed"}""";

        using var own = await _server.SendAsAsync(one, HttpMethod.Patch, $"{Links}/own", Body);
        using var foreign = await _server.SendAsAsync(other, HttpMethod.Patch, $"{Links}/own", Body);
        using var ofNobody = await _server.SendAsAsync(
            one, HttpMethod.Delete, $"{Links}/theirs?domain=b.example");
        using var read = await _server.SendAsAsync(other, HttpMethod.Get, $"{Links}/own");

        Assert.Equal(HttpStatusCode.OK, own.StatusCode);
        await ProblemAssert.AssertProblemAsync(
            foreign, HttpStatusCode.Forbidden, "role-insufficient", "code");
        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.OK), (ofNobody.StatusCode, read.StatusCode));
        await AssertListAsync(["own"], other, $"&createdBy={one.Split('_')[1]}");
    }

    [Fact]
    public async Task A_creator_does_not_restore_or_enable_what_another_key_deleted_or_disabled()
    {
        var key = await _server.CreateKeyAsync("creator");
        foreach (var code in new[] { "gone", "off" })
        {
            using var created = await _server.SendAsAsync(
                key, HttpMethod.Post, Links, $$"""{"target": "https://example.com/", "code": "{{code}}"}""");
            Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        }

        const string Off = """{"enabled": false}""";
        using var deleted = await _server.SendAsAsync(AdminKey.Text, HttpMethod.Delete, $"{Links}/gone");
        using var disabled = await _server.SendAsAsync(AdminKey.Text, HttpMethod.Patch, $"{Links}/off", Off);
        using var restored = await _server.SendAsAsync(key, HttpMethod.Post, $"{Links}/gone/restore");
        using var enabled = await _server.SendAsAsync(
            key, HttpMethod.Patch, $"{Links}/off", """{"enabled": true}""");
        using var erased = await _server.SendAsAsync(key, HttpMethod.Post, $"{Links}/gone/erase");

        await ProblemAssert.AssertProblemAsync(
            restored, HttpStatusCode.Forbidden, "role-insufficient", "code");
        await ProblemAssert.AssertProblemAsync(
            enabled, HttpStatusCode.Forbidden, "role-insufficient", "code");
        Assert.Equal(HttpStatusCode.Forbidden, erased.StatusCode);
    }

    /// <summary>
    /// Another change of the creator does not make it the key that disabled or deleted the link.
    /// </summary>
    [Fact]
    public async Task A_creator_cannot_undo_the_work_of_another_key_by_a_change_in_between()
    {
        var key = await _server.CreateKeyAsync("creator");
        using var created = await _server.SendAsAsync(
            key, HttpMethod.Post, Links, """{"target": "https://example.com/", "code": "off"}""");
        using var disabled = await _server.SendAsAsync(
            AdminKey.Text, HttpMethod.Patch, $"{Links}/off", """{"enabled": false}""");
        using var changed = await _server.SendAsAsync(
            key, HttpMethod.Patch, $"{Links}/off", """{"title": "x"}""");
        using var deleted = await _server.SendAsAsync(key, HttpMethod.Delete, $"{Links}/off");
        using var restored = await _server.SendAsAsync(key, HttpMethod.Post, $"{Links}/off/restore");
        using var enabled = await _server.SendAsAsync(
            key, HttpMethod.Patch, $"{Links}/off", """{"enabled": true}""");

        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.True(restored.IsSuccessStatusCode);
        await ProblemAssert.AssertProblemAsync(
            enabled, HttpStatusCode.Forbidden, "role-insufficient", "code");
    }

    [Fact]
    public async Task A_creator_enables_what_it_disabled_although_another_key_changed_the_link_since()
    {
        var key = await _server.CreateKeyAsync("creator");
        using var created = await _server.SendAsAsync(
            key,
            HttpMethod.Post,
            Links,
            """{"target": "https://example.com/", "code": "off", "enabled": false}""");
        using var changed = await _server.SendAsAsync(
            AdminKey.Text, HttpMethod.Patch, $"{Links}/off", """{"title": "x"}""");
        using var enabled = await _server.SendAsAsync(
            key, HttpMethod.Patch, $"{Links}/off", """{"enabled": true}""");

        Assert.Equal(
            (HttpStatusCode.Created, HttpStatusCode.OK, HttpStatusCode.OK),
            (created.StatusCode, changed.StatusCode, enabled.StatusCode));
    }

    [Fact]
    public async Task The_cursor_of_a_limited_key_does_not_contain_the_ids_of_other_links()
    {
        var key = await _server.CreateKeyAsync("viewer", domains: ["a.example", "go.example"]);
        await AddAsync("go.example", "later", "other");

        var list = await _server.ReadAsAsync(key, $"{Links}?limit=1");
        var next = list.GetProperty("next").GetString()!;

        var id = long.Parse(
            list.GetProperty("links")[0].GetProperty("id").GetString()!,
            System.Globalization.CultureInfo.InvariantCulture);
        Assert.DoesNotContain(
            id.ToString("X16", System.Globalization.CultureInfo.InvariantCulture),
            Convert.ToHexString(System.Buffers.Text.Base64Url.DecodeFromChars(next)),
            StringComparison.Ordinal);
        Assert.Single((await _server.ReadAsAsync(key, $"{Links}?limit=1&cursor={next}"))
            .GetProperty("links").EnumerateArray());
    }

    [Fact]
    public async Task A_key_of_a_domain_sees_no_other_domain()
    {
        var key = await _server.CreateKeyAsync("viewer", domains: ["a.example"]);

        var domains = await _server.ReadAsAsync(key, "/api/v1/domains");
        using var other = await _server.SendAsAsync(key, HttpMethod.Get, "/api/v1/domains/b.example");

        Assert.Equal("a.example", Assert.Single(domains.GetProperty("domains").EnumerateArray())
            .GetProperty("name").GetString());
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
    }

    private async Task AddAsync(string domain, string code, string tag)
    {
        var body = JsonSerializer.Serialize(new
        {
            target = $"https://example.com/{code}",
            code,
            domain,
            tags = new[] { tag },
        });
        using var response = await _server.SendAsAsync(AdminKey.Text, HttpMethod.Post, Links, body);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }

    private async Task<string[]> ListAsync(string key, string query, bool isSorted = true)
    {
        var list = await _server.ReadAsAsync(key, $"{Links}?limit=50{query}");
        var codes = list.GetProperty("links").EnumerateArray()
            .Select(link => link.GetProperty("code").GetString()!);
        return isSorted ? [.. codes.Order(StringComparer.Ordinal)] : [.. codes];
    }

    private async Task AssertListAsync(string[] expected, string key, string query, bool isSorted = true) =>
        Assert.Equal(expected, await ListAsync(key, query, isSorted));

    private async Task<string> CreateOnceAsync(string key, string domain)
    {
        using var response = await _server.SendAsAsync(
            key,
            HttpMethod.Post,
            Links,
            JsonSerializer.Serialize(new { target = "https://example.com/", domain }),
            ("Idempotency-Key", "same"));
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    /// <summary>The status and the body, without what differs between two requests.</summary>
    private async Task<string> AnswerAsync(string key, string method, string path)
    {
        var body = method == "PATCH" ? """{"note": "x"}""" : null;
        using var response = await _server.SendAsAsync(key, new HttpMethod(method), $"{Links}/{path}", body);
        var text = await response.Content.ReadAsStringAsync();
        return $"{(int)response.StatusCode} {text.Split("\"traceId\"")[0]}";
    }
}
