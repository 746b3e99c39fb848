using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Terse.Harness;

namespace Terse.Tests.Domains;

public sealed class DomainEndpointTests : IAsyncLifetime
{
    private const string Root = "/api/v1/domains";

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
    public async Task The_list_contains_the_default_domain_and_then_the_others_by_name()
    {
        await AddAsync("""{"name": "a.example:8080"}""");

        var domains = (await ReadAsync(Root)).GetProperty("domains").EnumerateArray().ToList();

        Assert.Equal(
            ["go.example", "a.example:8080", "s.example"],
            domains.Select(domain => domain.GetProperty("name").GetString()));
        Assert.Equal(
            [true, false, false], domains.Select(domain => domain.GetProperty("isDefault").GetBoolean()));
        Assert.All(domains, domain => Assert.Equal("active", domain.GetProperty("state").GetString()));
    }

    [Fact]
    public async Task A_new_domain_has_links_of_its_own_at_once_and_after_a_restart()
    {
        using var added = await PostAsync("""{"name": "B\u00dcCHER.example."}""");
        Assert.Equal(HttpStatusCode.Created, added.StatusCode);
        Assert.Equal($"{Root}/xn--bcher-kva.example", added.Headers.Location?.OriginalString);
        await _server.CreateCodeAsync("https://example.com/default", "sale");
        await _server.CreateCodeAsync("https://example.com/other", "sale", "b\u00fccher.example");
        await RestartAsync();

        Assert.Equal("https://example.com/default", await FollowAsync("/sale", "go.example"));
        Assert.Equal("https://example.com/other", await FollowAsync("/sale", "xn--bcher-kva.example"));
    }

    [Fact]
    public async Task The_settings_seed_only_a_new_database()
    {
        await _server.DisposeAsync();
        _server = await TerseServer.StartAsync(
            _folder.Path, ("Domains:Default", "new.example"), ("Domains:Others:0", "more.example"));

        var names = (await ReadAsync(Root)).GetProperty("domains").EnumerateArray()
            .Select(domain => domain.GetProperty("name").GetString());

        Assert.Equal(["go.example", "s.example"], names);
    }

    [Theory]
    [InlineData("""{"name": "s.example"}""", HttpStatusCode.Conflict, "domain-taken", "name")]
    [InlineData("""{"name": "S.Example."}""", HttpStatusCode.Conflict, "domain-taken", "name")]
    [InlineData("""{"name": "go.example"}""", HttpStatusCode.Conflict, "domain-taken", "name")]
    [InlineData("{}", HttpStatusCode.BadRequest, "field-invalid", "name")]
    [InlineData("""{"name": ""}""", HttpStatusCode.BadRequest, "field-invalid", "name")]
    [InlineData("""{"name": "default"}""", HttpStatusCode.BadRequest, "field-invalid", "name")]
    [InlineData("""{"name": "%64EFAULT."}""", HttpStatusCode.BadRequest, "field-invalid", "name")]
    [InlineData("""{"name": "*.example"}""", HttpStatusCode.BadRequest, "field-invalid", "name")]
    [InlineData("""{"name": "%2A.example"}""", HttpStatusCode.BadRequest, "field-invalid", "name")]
    [InlineData("""{"name": "a.example:443"}""", HttpStatusCode.BadRequest, "field-invalid", "name")]
    [InlineData("""{"name": "a.example", "homeRedirect": "http://a.example/"}""",
        HttpStatusCode.BadRequest, "target-is-terse", "homeRedirect")]
    [InlineData("""{"name": "https://a.example"}""", HttpStatusCode.BadRequest, "field-invalid", "name")]
    [InlineData("""{"name": "u@a.example"}""", HttpStatusCode.BadRequest, "field-invalid", "name")]
    [InlineData("""{"name": "a.example/x"}""", HttpStatusCode.BadRequest, "field-invalid", "name")]
    [InlineData("""{"name": "a.example:65536"}""", HttpStatusCode.BadRequest, "field-invalid", "name")]
    [InlineData("""{"name": "a.example", "homeRedirect": "x"}""", HttpStatusCode.BadRequest, "target-invalid",
        "homeRedirect")]
    [InlineData("""{"name": "a.example", "favicon": "data:,x"}""", HttpStatusCode.BadRequest, "target-scheme",
        "favicon")]
    [InlineData("""{"name": "a.example", "notFoundRedirect": "https://go.example/x"}""",
        HttpStatusCode.BadRequest, "target-is-terse", "notFoundRedirect")]
    [InlineData("""{"name": "a.example", "robotsTxt": "a\u0000b"}""", HttpStatusCode.BadRequest,
        "field-invalid", "robotsTxt")]
    [InlineData("""{"name": "a.example", "scheme": "https"}""", HttpStatusCode.BadRequest,
        "request-malformed", "scheme")]
    public async Task A_wrong_domain_is_refused_with_the_field(
        string body, HttpStatusCode status, string type, string field)
    {
        using var response = await PostAsync(body);

        await ProblemAssert.AssertProblemAsync(response, status, type, field);
    }

    [Fact]
    public async Task While_the_default_domain_has_no_name_a_new_domain_cannot_take_over_a_host_of_it()
    {
        await using var server = await TerseServer.StartAsync();

        using var response = await SendAsync(
            HttpMethod.Post, Root, """{"name": "a.example"}""", server: server);

        await ProblemAssert.AssertProblemAsync(
            response, HttpStatusCode.Conflict, "default-domain-unnamed", "name");
    }

    [Fact]
    public async Task A_former_host_of_the_default_domain_cannot_become_another_domain()
    {
        await RenameDefaultAsync("second.example");
        await RenameDefaultAsync("third.example");
        foreach (var former in new[] { "go.example", "second.example" })
        {
            using var response = await PostAsync($$"""{"name": "{{former}}"}""");
            await ProblemAssert.AssertProblemAsync(
                response, HttpStatusCode.Conflict, "domain-taken", "name");
        }

        await RenameDefaultAsync("go.example");
    }

    [Fact]
    public async Task Of_a_rename_and_an_addition_with_the_same_host_one_succeeds()
    {
        for (var round = 0; round < 20; round++)
        {
            var body = $$"""{"name": "race{{round}}.example"}""";
            var answers = await Task.WhenAll(
                SendAsync(HttpMethod.Patch, $"{Root}/default", body), PostAsync(body));

            Assert.Single(answers, answer => answer.IsSuccessStatusCode);
            Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Conflict);
        }
    }

    [Fact]
    public async Task The_default_domain_keeps_its_links_after_a_rename()
    {
        await _server.CreateCodeAsync("https://example.com/", "kept");

        using var renamed = await SendAsync(
            HttpMethod.Patch, $"{Root}/default", """{"name": "new.example"}""");

        Assert.Equal(HttpStatusCode.OK, renamed.StatusCode);
        Assert.Equal("https://example.com/", await FollowAsync("/kept", "new.example"));
        var link = await ReadAsync("/api/v1/links/kept");
        Assert.Equal("http://new.example/kept", link.GetProperty("shortUrl").GetString());
        Assert.Equal("new.example", (await ReadAsync($"{Root}/new.example")).GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("default", """{"name": "s.example"}""", HttpStatusCode.Conflict, "domain-taken")]
    [InlineData("s.example", """{"name": "t.example"}""", HttpStatusCode.BadRequest, "field-invalid")]
    [InlineData("t.example", """{"homeRedirect": null}""", HttpStatusCode.NotFound, "domain-not-found")]
    [InlineData("go.example:99", """{"homeRedirect": null}""", HttpStatusCode.NotFound, "domain-not-found")]
    [InlineData("x@s.example", """{"homeRedirect": null}""", HttpStatusCode.NotFound, "domain-not-found")]
    public async Task A_wrong_change_is_refused(
        string name, string body, HttpStatusCode status, string type)
    {
        using var response = await SendAsync(HttpMethod.Patch, $"{Root}/{name}", body);

        await ProblemAssert.AssertProblemAsync(response, status, type, "name");
    }

    [Fact]
    public async Task A_change_keeps_the_fields_that_it_does_not_contain_and_null_restores_the_default()
    {
        await PatchAsync(
            """{"homeRedirect": "https://example.com/h", "favicon": "https://example.com/f"}""");
        var changed = await PatchAsync("""{"homeRedirect": null, "robotsTxt": "x"}""");

        Assert.Equal(JsonValueKind.Null, changed.GetProperty("homeRedirect").ValueKind);
        Assert.Equal("https://example.com/f", changed.GetProperty("favicon").GetString());
        Assert.Equal("x", changed.GetProperty("robotsTxt").GetString());
        Assert.Equal(3, changed.GetProperty("version").GetInt32());
    }

    [Fact]
    public async Task Of_clients_that_change_one_version_one_succeeds()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(client => SendAsync(
            HttpMethod.Patch,
            $"{Root}/s.example",
            $$"""{"robotsTxt": "{{client}}"}""",
            ("If-Match", "\"v1\""))));

        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(7, answers.Count(answer => answer.StatusCode == HttpStatusCode.PreconditionFailed));
        Assert.Equal("\"v2\"", answers.Single(answer => answer.IsSuccessStatusCode).Headers.ETag?.Tag);
    }

    [Fact]
    public async Task A_removed_domain_takes_no_links_but_its_links_work_until_it_is_added_again()
    {
        await _server.CreateCodeAsync("https://example.com/old", "old", "s.example");

        using var removed = await SendAsync(HttpMethod.Delete, $"{Root}/s.example");
        using var refused = await _server.CreateAsync("https://example.com/", domain: "s.example");
        using var refusedByHost = await _server.CreateAsync("https://example.com/", host: "s.example");
        using var shown = await _server.GetAsync($"{Root}/s.example");

        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        await ProblemAssert.AssertProblemAsync(
            refused, HttpStatusCode.BadRequest, "domain-unknown", "domain");
        await ProblemAssert.AssertProblemAsync(
            refusedByHost, HttpStatusCode.BadRequest, "domain-unknown", "domain");
        Assert.Equal(HttpStatusCode.NotFound, shown.StatusCode);
        Assert.Equal("https://example.com/old", await FollowAsync("/old", "s.example"));
        await RestartAsync();
        Assert.Equal("https://example.com/old", await FollowAsync("/old", "s.example"));

        await AddAsync("""{"name": "s.example"}""");
        await _server.CreateCodeAsync("https://example.com/", "new", "s.example");
    }

    [Fact]
    public async Task The_default_domain_cannot_be_removed()
    {
        using var response = await SendAsync(HttpMethod.Delete, $"{Root}/default");

        await ProblemAssert.AssertProblemAsync(
            response, HttpStatusCode.BadRequest, "field-invalid", "name");
    }

    private async Task RenameDefaultAsync(string name)
    {
        using var response = await SendAsync(
            HttpMethod.Patch, $"{Root}/default", $$"""{"name": "{{name}}"}""");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private async Task RestartAsync()
    {
        await _server.DisposeAsync();
        _server = await TerseServer.StartAsync(_folder.Path);
    }

    private Task<HttpResponseMessage> PostAsync(string body) => SendAsync(HttpMethod.Post, Root, body);

    private async Task AddAsync(string body)
    {
        using var response = await PostAsync(body);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }

    private async Task<JsonElement> PatchAsync(string body)
    {
        using var response = await SendAsync(HttpMethod.Patch, $"{Root}/s.example", body);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private async Task<JsonElement> ReadAsync(string path)
    {
        using var response = await _server.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private async Task<string?> FollowAsync(string path, string host)
    {
        using var response = await _server.GetAsync(path, host);
        return response.Headers.Location?.OriginalString;
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        string path,
        string? body = null,
        (string Name, string Value)? header = null,
        TerseServer? server = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (header is { } sent)
            request.Headers.TryAddWithoutValidation(sent.Name, sent.Value);
        return await (server ?? _server).Http.SendAsync(request);
    }
}
