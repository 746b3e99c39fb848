using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Terse.Links;

namespace Terse.Tests.Links;

public sealed class BatchEndpointTests : IAsyncLifetime
{
    private TerseServer _server = null!;

    public async ValueTask InitializeAsync() =>
        _server = await TerseServer.StartAsync(("Domains:Others:0", "s.example"));

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Each_item_has_its_own_result_and_a_wrong_one_fails_no_other()
    {
        await _server.CreateCodeAsync("https://example.com/", "old");
        await _server.CreateCodeAsync("https://example.com/", "gone");
        var items = await RunAsync(
            """
            [{"op": "create", "fields": {"target": "https://example.com/1", "code": "new"}},
             {"op": "create", "fields": {"target": "javascript:alert(1)"}},
             {"op": "create", "fields": {"target": "https://example.com/2", "taget": "x"}},
             {"op": "change", "code": "old", "version": 1, "fields": {"title": "Changed"}},
             {"op": "change", "code": "nobody", "fields": {"title": "Changed"}},
             {"op": "delete", "code": "gone"},
             {"op": "delete", "code": "old", "version": 7},
             {"op": "rename"}, 5, null, {"op": "create"}, {"op": "delete", "code": "gone", "fields": {}},
             {"op": "change", "code": "old", "domain": "x.example", "fields": {}},
             {"op": "change", "fields": {"title": "Nobody"}},
             {"op": "create", "fields": {"target": "https://example.com/3", "domain": "s.example"}}]
            """);

        Assert.Equal(
            [201, 400, 400, 200, 404, 204, 412, 400, 400, 400, 400, 400, 400, 400, 201],
            items.Select(item => item.GetProperty("status").GetInt32()));
        Assert.Equal(
            ["target-scheme target", "request-malformed taget", "link-not-found code",
             "precondition-failed version", "field-invalid op", "request-malformed ", "request-malformed ",
             "request-malformed fields", "field-invalid fields", "domain-unknown domain",
             "field-invalid code"],
            items.Where(item => item.TryGetProperty("problem", out _)).Select(TextOf));
        Assert.Equal(("new", 1), (CodeOf(items[0]), VersionOf(items[0])));
        var changed = items[3].GetProperty("link");
        Assert.Equal(("Changed", 2), (changed.GetProperty("title").GetString(), VersionOf(items[3])));
        Assert.Equal("""{"status":204}""", items[5].GetRawText());
        Assert.Equal("s.example", items[14].GetProperty("link").GetProperty("domain").GetString());
        Assert.Equal(32, items[1].GetProperty("problem").GetProperty("traceId").GetString()!.Length);
    }

    [Fact]
    public async Task Items_that_name_one_link_by_its_code_and_by_an_alias_run_in_their_order()
    {
        await _server.CreateCodeAsync("https://example.com/", "first");
        (await _server.SendAsync(HttpMethod.Patch, "first", """{"code": "second"}""")).Dispose();
        var changes = Enumerable.Range(2, 40).Select(version =>
            $$$"""
            {"op": "change", "code": "{{{(version % 2 == 0 ? "first" : "second")}}}",
                "version": {{{version}}}, "fields": {"note": "{{{version}}}"}}
            """);
        var items = await RunAsync($"[{string.Join(',', changes)}]");

        Assert.All(items, item => Assert.Equal(200, item.GetProperty("status").GetInt32()));
        Assert.Equal(42, VersionOf(items[^1]));
    }

    [Fact]
    public async Task Items_for_one_link_run_in_their_order()
    {
        var items = await RunAsync(
            """
            [{"op": "create", "fields": {"target": "https://example.com/", "code": "one"}},
             {"op": "change", "code": "one", "fields": {"maxVisits": 1}},
             {"op": "change", "code": "one", "version": 2, "fields": {"maxVisits": 2}},
             {"op": "change", "code": "one", "version": 2, "fields": {"maxVisits": 3}},
             {"op": "change", "code": "one", "fields": {"code": "two"}},
             {"op": "change", "code": "two", "version": 4, "fields": {"maxVisits": 4}},
             {"op": "create", "fields": {"target": "https://example.com/", "code": "two"}},
             {"op": "delete", "code": "two"},
             {"op": "change", "code": "one", "fields": {"maxVisits": 5}}]
            """);

        Assert.Equal(
            [201, 200, 200, 412, 200, 200, 409, 204, 410],
            items.Select(item => item.GetProperty("status").GetInt32()));
        Assert.Equal(5, VersionOf(items[5]));
    }

    [Fact]
    public async Task A_thousand_items_run_and_a_repeated_batch_creates_no_link_twice()
    {
        var body = "[" + string.Join(", ", Enumerable.Range(0, BatchEndpoint.MaxItems).Select(number =>
            $$$"""{"op": "create", "fields": {"target": "https://example.com/{{{number}}}"}}""")) + "]";
        var first = await RunAsync(body, ("Idempotency-Key", "import-1"));
        var again = await RunAsync(body, ("Idempotency-Key", "import-1"));
        var other = await RunAsync(
            body.Replace("/999", "/other", StringComparison.Ordinal), ("Idempotency-Key", "import-1"));

        Assert.Equal(BatchEndpoint.MaxItems, first.Select(CodeOf).Distinct().Count());
        Assert.Equal(first.Select(CodeOf), again.Select(CodeOf));
        Assert.All(first, item => Assert.False(item.TryGetProperty("replayed", out _)));
        Assert.All(again, item => Assert.True(item.GetProperty("replayed").GetBoolean()));
        Assert.Equal("idempotency-key-reused Idempotency-Key", TextOf(other[999]));
        Assert.Equal(first.Take(999).Select(CodeOf), other.Take(999).Select(CodeOf));
        using var followed = await _server.GetAsync($"/{CodeOf(first[437])}");
        Assert.Equal("https://example.com/437", followed.Headers.Location?.OriginalString);
    }

    /// <summary>More items hash a password than passwords may wait at the same time.</summary>
    [Fact]
    public async Task All_items_of_a_batch_may_have_passwords()
    {
        var items = Enumerable.Range(0, PasswordHasher.MaxCalls + 3).Select(number =>
            $$$"""
            {"op": "create", "fields": {"target": "https://example.com/", "password": "secret {{{number}}}"}}
            """);

        var results = await RunAsync($"[{string.Join(',', items)}]");

        Assert.All(results, result => Assert.Equal(201, result.GetProperty("status").GetInt32()));
    }

    [Theory]
    [InlineData("{}", "field-invalid", "items")]
    [InlineData("""{"items": []}""", "field-invalid", "items")]
    [InlineData("""{"items": {}}""", "field-invalid", "items")]
    [InlineData("""{"items": null}""", "field-invalid", "items")]
    [InlineData("""{"links": []}""", "request-malformed", "links")]
    [InlineData("""{"items": [{"op": "create"}""", "request-malformed", "items")]
    [InlineData("[]", "request-malformed", null)]
    public async Task A_body_without_items_is_refused(string body, string type, string? field)
    {
        using var refused = await _server.SendAsync(HttpMethod.Post, "batch", body);

        await ProblemAssert.AssertProblemAsync(refused, HttpStatusCode.BadRequest, type, field);
    }

    [Fact]
    public async Task More_than_a_thousand_items_or_4_MiB_are_refused()
    {
        var many = string.Join(',', Enumerable.Repeat("{}", BatchEndpoint.MaxItems + 1));
        using var tooMany = await _server.SendAsync(HttpMethod.Post, "batch", $$"""{"items": [{{many}}]}""");
        var tooLarge = await _server.SendRawAsync(
            $"POST /api/v1/links/batch HTTP/1.1\r\nHost: {_server.Http.BaseAddress!.Authority}\r\n"
            + $"Content-Type: application/json\r\nContent-Length: {BatchEndpoint.MaxBytes + 1}\r\n"
            + "Connection: close\r\n\r\n");
        using var large = await _server.SendAsync(
            HttpMethod.Post, "batch", $$"""{"items": ["{{new string('x', 1_000_000)}}"]}""");

        await ProblemAssert.AssertProblemAsync(tooMany, HttpStatusCode.BadRequest, "field-invalid", "items");
        Assert.StartsWith("HTTP/1.1 413 ", tooLarge, StringComparison.Ordinal);
        Assert.Contains("send at most 4194304 bytes", tooLarge, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, large.StatusCode);
    }

    private async Task<List<JsonElement>> RunAsync(string items, params (string Name, string Value)[] headers)
    {
        using var answer = await _server.SendAsync(
            HttpMethod.Post, "batch", $$"""{"items": {{items}}}""", headers);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return [.. body.GetProperty("items").EnumerateArray()];
    }

    private static string? CodeOf(JsonElement item) =>
        item.GetProperty("link").GetProperty("code").GetString();

    private static int VersionOf(JsonElement item) => item.GetProperty("version").GetInt32();

    /// <summary>Returns the name of the problem's type and its field.</summary>
    private static string TextOf(JsonElement item)
    {
        var problem = item.GetProperty("problem");
        Assert.Equal(item.GetProperty("status").GetInt32(), problem.GetProperty("status").GetInt32());
        var field = problem.TryGetProperty("field", out var name) ? name.GetString() : "";
        return $"{problem.GetProperty("type").GetString()!.Split(':')[^1]} {field}";
    }
}
