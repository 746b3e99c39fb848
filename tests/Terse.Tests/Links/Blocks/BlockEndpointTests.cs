using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Terse.Access;
using Terse.Harness;
using Terse.Links;
using Terse.Storage;
using Terse.Storage.Sqlite;

namespace Terse.Tests.Links;

public sealed class BlockEndpointTests : IAsyncLifetime
{
    private const string Root = "/api/v1/blocks";

    private readonly TemporaryFolder _folder = new();
    private TerseServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TerseServer.StartAsync(
        _folder.Path, ("Domains:Default", "go.example"), ("Domains:Others:0", "s.example"));

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_block_is_added_shown_listed_and_removed()
    {
        using var added = await PostAsync(
            """{"host": "B\u00dcCHER.example.", "subdomains": true, "reason": "phishing"}""");
        Assert.Equal(HttpStatusCode.Created, added.StatusCode);
        Assert.Equal($"{Root}/xn--bcher-kva.example", added.Headers.Location?.OriginalString);
        var block = await ReadAsync($"{Root}/b%C3%BCcher.example");
        Assert.Equal("xn--bcher-kva.example", block.GetProperty("host").GetString());
        Assert.True(block.GetProperty("subdomains").GetBoolean());
        Assert.Equal("phishing", block.GetProperty("reason").GetString());
        Assert.Equal("xn--bcher-kva.example", Assert.Single(await ListAsync("")));

        using var removed = await DeleteAsync("XN--BCHER-KVA.example.");
        using var again = await DeleteAsync("xn--bcher-kva.example");

        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        await ProblemAssert.AssertProblemAsync(again, HttpStatusCode.NotFound, "block-not-found", "host");
        Assert.Empty(await ListAsync(""));
    }

    [Fact]
    public async Task A_host_that_is_blocked_already_gets_the_new_fields()
    {
        using var first = await PostAsync("""{"host": "evil.example", "reason": "a"}""");
        using var second = await PostAsync("""{"host": ".EVIL.example"}""");

        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        var block = await ReadAsync($"{Root}/evil.example");
        Assert.True(block.GetProperty("subdomains").GetBoolean());
        Assert.Equal(JsonValueKind.Null, block.GetProperty("reason").ValueKind);
    }

    [Fact]
    public async Task The_list_continues_with_a_cursor()
    {
        foreach (var host in new[] { "a.example", "*.b.example", "*-c.example" })
            (await PostAsync($$"""{"host": "{{host}}"}""")).Dispose();

        var first = await ReadAsync(Root + "?limit=2");
        var next = first.GetProperty("next").GetString();

        Assert.Equal(["*-c.example", "*.b.example"], HostsOf(first));
        Assert.Equal(["a.example"], await ListAsync($"?limit=2&cursor={next}"));
        using var pattern = await DeleteAsync("*-c.example");
        Assert.Equal(HttpStatusCode.NoContent, pattern.StatusCode);
    }

    [Theory]
    [InlineData("{}", "field-invalid", "host")]
    [InlineData("""{"host": null}""", "field-invalid", "host")]
    [InlineData("""{"host": "https://evil.example"}""", "field-invalid", "host")]
    [InlineData("""{"host": "a*.example"}""", "field-invalid", "host")]
    [InlineData("""{"host": "*.evil.example", "subdomains": true}""", "field-invalid", "subdomains")]
    [InlineData("""{"host": "192.0.2.1", "subdomains": true}""", "field-invalid", "subdomains")]
    [InlineData("""{"host": "evil.example", "reason": "a\u0000"}""", "field-invalid", "reason")]
    [InlineData("""{"host": "evil.example", "subdomains": "yes"}""", "request-malformed", "subdomains")]
    [InlineData("""{"host": "evil.example", "until": 1}""", "request-malformed", "until")]
    [InlineData("[]", "request-malformed", null)]
    public async Task A_wrong_block_is_refused_with_the_field(string body, string type, string? field)
    {
        using var response = await PostAsync(body);

        await ProblemAssert.AssertProblemAsync(response, HttpStatusCode.BadRequest, type, field);
    }

    [Theory]
    [InlineData("?limit=0", "limit")]
    [InlineData("?cursor=x", "cursor")]
    [InlineData("?cursor=-1", "cursor")]
    [InlineData("?cursor=99999999999999999999", "cursor")]
    [InlineData("?host=evil.example", "host")]
    public async Task A_wrong_parameter_of_the_list_is_refused(string query, string field)
    {
        using var response = await _server.GetAsync(Root + query);

        await ProblemAssert.AssertProblemAsync(response, HttpStatusCode.BadRequest, "query-invalid", field);
    }

    [Fact]
    public async Task A_reason_has_at_most_500_characters()
    {
        var reason = new string('r', LinkTexts.MaxReason);

        using var longest = await PostAsync($$"""{"host": "a.example", "reason": "{{reason}}"}""");
        using var tooLong = await PostAsync($$"""{"host": "a.example", "reason": "{{reason}}r"}""");

        Assert.Equal(HttpStatusCode.Created, longest.StatusCode);
        await ProblemAssert.AssertProblemAsync(
            tooLong, HttpStatusCode.BadRequest, "field-invalid", "reason");
    }

    [Theory]
    [InlineData("POST", "/api/v1/links", """{"target": "https://WWW.evil.example./"}""", "target")]
    [InlineData("POST", "/api/v1/links",
        """{"target": "https://example.com/", "expiredTarget": "https://evil.example/"}""", "expiredTarget")]
    [InlineData("POST", "/api/v1/links", """
        {"target": "https://example.com/",
         "rules": [{"name": "r", "if": {"device": "phone"}, "target": "https://a.evil.example/"}]}
        """, "rules[0].target")]
    [InlineData("PATCH", "/api/v1/links/good", """{"target": "https://my-login.example/"}""", "target")]
    [InlineData("PATCH", "/api/v1/domains/s.example", """{"homeRedirect": "https://evil.example/"}""",
        "homeRedirect")]
    [InlineData("POST", "/api/v1/domains", """{"name": "t.example", "favicon": "https://evil.example/"}""",
        "favicon")]
    public async Task A_blocked_host_is_refused_wherever_a_target_is_stored(
        string method, string path, string body, string field)
    {
        await _server.CreateCodeAsync("https://example.com/", "good");
        await BlockAsync();

        using var response = await SendAsync(new HttpMethod(method), path, body);

        await ProblemAssert.AssertProblemAsync(
            response, HttpStatusCode.BadRequest, "target-blocked", field);
    }

    [Fact]
    public async Task A_batch_refuses_the_items_with_blocked_hosts()
    {
        await BlockAsync();

        using var response = await SendAsync(HttpMethod.Post, "/api/v1/links/batch", """
            {"items": [{"op": "create", "fields": {"target": "https://evil.example/"}},
                       {"op": "create", "fields": {"target": "https://example.com/"}}]}
            """);

        var text = await response.Content.ReadAsStringAsync();
        Assert.Equal(1, text.Split("target-blocked").Length - 1);
    }

    [Fact]
    public async Task A_cached_link_is_answered_with_a_page_without_a_link_until_the_block_is_removed()
    {
        await _server.CreateCodeAsync("https://my-login.example/secret", "phish");
        await FollowAsync("/phish", HttpStatusCode.Found);
        await BlockAsync();

        using var page = await _server.GetAsync("/phish", accept: "text/html");
        var html = await page.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.Forbidden, page.StatusCode);
        Assert.Contains("tell the operator", html, StringComparison.Ordinal);
        Assert.DoesNotContain("href", html, StringComparison.Ordinal);
        Assert.DoesNotContain("login", html, StringComparison.Ordinal);
        using var json = await _server.GetAsync("/phish");
        await ProblemAssert.AssertProblemAsync(json, HttpStatusCode.Forbidden, "link-blocked", null);

        (await DeleteAsync("*-login.example")).Dispose();

        await FollowAsync("/phish", HttpStatusCode.Found);
    }

    [Fact]
    public async Task A_redirect_of_a_domain_to_a_host_that_is_blocked_later_is_not_used()
    {
        using var set = await SendAsync(
            HttpMethod.Patch,
            "/api/v1/domains/s.example",
            """{"notFoundRedirect": "https://evil.example/"}""");
        using var before = await _server.GetAsync("/nothing", host: "s.example");
        await BlockAsync();

        using var after = await _server.GetAsync("/nothing", host: "s.example");

        Assert.Equal(
            (HttpStatusCode.Found, HttpStatusCode.NotFound), (before.StatusCode, after.StatusCode));
    }

    [Fact]
    public async Task A_block_that_another_process_writes_into_the_file_reaches_cached_links()
    {
        await _server.CreateCodeAsync("https://evil.example/", "phish");
        await FollowAsync("/phish", HttpStatusCode.Found);
        var database = new SqliteDatabase(
            Options.Create(new StorageOptions { Folder = _folder.Path }));
        using var writer = new SqliteWriter(database);
        using var readers = new SqliteReaders(database);
        var other = new SqliteBlockStore(writer, readers);

        await other.AddAsync(new(0, "evil.example", false, null, default), Actor.None, default);
        await Eventually.IsTrueAsync(async () => await StatusAsync("/phish") == HttpStatusCode.Forbidden);
        await other.RemoveAsync("evil.example", Actor.None, default);
        await Eventually.IsTrueAsync(async () => await StatusAsync("/phish") == HttpStatusCode.Found);
    }

    [Fact]
    public async Task The_blocks_survive_a_restart_and_those_of_a_changed_file_are_used()
    {
        await _server.CreateCodeAsync("https://evil.example/", "stored");
        await _server.CreateCodeAsync("https://bad.example/", "file");
        await BlockAsync();
        await _server.DisposeAsync();
        var file = Path.Combine(_folder.Path, "blocks.txt");
        await File.WriteAllTextAsync(file, "# none");
        _server = await TerseServer.StartAsync(_folder.Path, ("Blocks:File", file));
        await FollowAsync("/stored", HttpStatusCode.Forbidden);
        await FollowAsync("/file", HttpStatusCode.Found);

        await File.WriteAllTextAsync(file, "bad.example");

        await Eventually.IsTrueAsync(async () => await StatusAsync("/file") == HttpStatusCode.Forbidden);
    }

    private async Task BlockAsync()
    {
        foreach (var host in new[] { ".evil.example", "*-login.example" })
        {
            using var response = await PostAsync($$"""{"host": "{{host}}"}""");
            Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        }
    }

    private async Task FollowAsync(string path, HttpStatusCode expected) =>
        Assert.Equal(expected, await StatusAsync(path));

    private async Task<HttpStatusCode> StatusAsync(string path)
    {
        using var response = await _server.GetAsync(path);
        return response.StatusCode;
    }

    private async Task<IEnumerable<string?>> ListAsync(string query) =>
        HostsOf(await ReadAsync(Root + query));

    private static IEnumerable<string?> HostsOf(JsonElement page) => page.GetProperty("blocks")
        .EnumerateArray().Select(block => block.GetProperty("host").GetString());

    private Task<HttpResponseMessage> PostAsync(string body) => SendAsync(HttpMethod.Post, Root, body);

    private Task<HttpResponseMessage> DeleteAsync(string host) =>
        _server.Http.DeleteAsync(new Uri($"{Root}/{Uri.EscapeDataString(host)}", UriKind.Relative));

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string body)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return await _server.Http.SendAsync(request);
    }

    private Task<JsonElement> ReadAsync(string path) => _server.Http.GetFromJsonAsync<JsonElement>(path);
}
