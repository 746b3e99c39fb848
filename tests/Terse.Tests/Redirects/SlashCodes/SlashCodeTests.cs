using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Terse.Harness;

namespace Terse.Tests.Redirects;

/// <summary>Tests links whose codes contain slashes, over the real pipeline.</summary>
public sealed class SlashCodeTests : IAsyncLifetime
{
    private static readonly (string Key, string Value) AllowSlash = ("Codes:AllowSlash", "true");

    private readonly TemporaryFolder _folder = new();
    private TerseServer _server = null!;

    public async ValueTask InitializeAsync() =>
        _server = await TerseServer.StartAsync(_folder.Path, AllowSlash);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("guide/install", "/guide/install", "guide/install")]
    [InlineData("guide/install", "/guide/install/", "guide/install")]
    [InlineData("a/b/c/d", "/a/b/c/d", "a/b/c/d")]
    [InlineData("구글/🍞", "/%ea%b5%ac%EA%B8%80/%F0%9F%8D%9E", "%EA%B5%AC%EA%B8%80/%F0%9F%8D%9E")]
    public async Task A_code_with_slashes_is_found_by_its_path(string code, string path, string shown)
    {
        using var created = await _server.CreateAsync("https://example.com/", code);
        var link = await created.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal(
            _server.Http.BaseAddress + shown, link.GetProperty("shortUrl").GetString());
        for (var request = 0; request < 2; request++)
            Assert.Equal("https://example.com/", await FollowAsync(path));
    }

    [Theory]
    [InlineData("/guide", "https://e.example/d/")]
    [InlineData("/guide/b", "https://e.example/d/b")]
    [InlineData("/guide/a", "https://e.example/a/")]
    [InlineData("/guide/a/x", "https://e.example/a/x")]
    [InlineData("/guide/a/b", "https://e.example/b")]
    [InlineData("/guide/a/b/c", null)]
    [InlineData("/guide/a%2Fb", "https://e.example/d/a%2Fb")]
    [InlineData("/guide/%61", "https://e.example/a/")]
    [InlineData("/guide/a/%62", "https://e.example/b")]
    [InlineData("/guide/a/x%2fy//", "https://e.example/a/x%2fy//")]
    [InlineData("/guide%2Fa", null)]
    [InlineData("/guide/a/../b", null)]
    public async Task The_longest_code_wins_and_the_rest_of_the_path_is_forwarded(
        string path, string? location)
    {
        await CreateAsync("guide", "https://e.example/d/", ", \"forwardPath\": true");
        await CreateAsync("guide/a", "https://e.example/a/", ", \"forwardPath\": true");
        await CreateAsync("guide/a/b", "https://e.example/b");
        for (var request = 0; request < 2; request++)
            Assert.Equal(location, await FollowAsync(path));
    }

    [Fact]
    public async Task Previews_and_QR_codes_work_and_an_own_code_has_priority()
    {
        await CreateAsync("a/menu", "https://e.example/menu");
        await CreateAsync("a", "https://e.example/", ", \"forwardPath\": true");
        using var image = await _server.GetAsync("/a/menu.qr");
        using var preview = await _server.GetAsync("/a/menu+");

        Assert.Equal("image/png", image.Content.Headers.ContentType?.MediaType);
        Assert.Contains("/a/menu", await preview.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("https://e.example/x+", await FollowAsync("/a/x+"));
        await CreateAsync("a/menu.qr", "https://e.example/own");
        Assert.Equal("https://e.example/own", await FollowAsync("/a/menu.qr"));
    }

    [Fact]
    public async Task The_API_takes_the_code_percent_encoded_in_all_operations()
    {
        await CreateAsync("a/b", "https://e.example/1");
        foreach (var path in new[]
            {
                "a%2Fb", "a%2fb", "a%2Fb/visits", "a%2Fb/visits/list", "a%2Fb/qr.svg", "a%2Fb/qr.png",
            })
        {
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(HttpMethod.Get, path));
        }

        Assert.Equal(
            HttpStatusCode.OK, await StatusAsync(HttpMethod.Patch, "a%2Fb", """{"code": "a/c/d"}"""));
        var link = await ReadAsync("a%2Fc%2Fd");
        Assert.Equal("a/c/d", link.GetProperty("code").GetString());
        Assert.Equal("a/b", link.GetProperty("aliases")[0].GetString());
        Assert.Equal("https://e.example/1", await FollowAsync("/a/b"));
        Assert.Equal(HttpStatusCode.NoContent, await StatusAsync(HttpMethod.Delete, "a%2Fb"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(HttpMethod.Post, "a%2Fc%2Fd/restore"));
        Assert.Equal(HttpStatusCode.Accepted, await StatusAsync(HttpMethod.Post, "a%2Fb/erase"));
        Assert.Equal(HttpStatusCode.Gone, await StatusAsync(HttpMethod.Get, "a%2Fb"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(HttpMethod.Get, "a%2F..%2Fb"));
    }

    [Fact]
    public async Task Location_idempotency_batches_and_lists_take_such_codes()
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post, new Uri("/api/v1/links", UriKind.Relative));
        request.Headers.Add("Idempotency-Key", "key");
        request.Content = JsonContent.Create(new { target = "https://e.example/", code = "a/b" });
        using var created = await _server.Http.SendAsync(request);
        Assert.Equal("/api/v1/links/a%2Fb", created.Headers.Location?.OriginalString);

        const string Items =
            """
            {"items": [{"op": "create", "fields": {"target": "https://e.example/2", "code": "c/d"}},
                {"op": "change", "code": "c/d", "fields": {"title": "T"}},
                {"op": "delete", "code": "a/b"}]}
            """;
        using var body = new StringContent(Items, Encoding.UTF8, "application/json");
        using var batch = await _server.Http.PostAsync(
            new Uri("/api/v1/links/batch", UriKind.Relative), body);
        var results = (await batch.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("items");
        Assert.Equal([201, 200, 204], results.EnumerateArray().Select(
            result => result.GetProperty("status").GetInt32()));

        using var list = await _server.GetAsync("/api/v1/links?q=c/d");
        var links = (await list.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("links");
        Assert.Equal("c/d", Assert.Single(links.EnumerateArray()).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Existing_codes_are_found_after_the_setting_is_switched_off_and_new_ones_are_refused()
    {
        await CreateAsync("guide", "https://e.example/d/", ", \"forwardPath\": true");
        await CreateAsync("guide/a", "https://e.example/a");
        await CreateAsync("x", "https://e.example/x");
        await _server.DisposeAsync();
        _server = await TerseServer.StartAsync(_folder.Path);

        Assert.Equal("https://e.example/d/b", await FollowAsync("/guide/b"));
        Assert.Equal("https://e.example/a", await FollowAsync("/guide/a"));
        using var refused = await _server.CreateAsync("https://e.example/", "guide/b");
        var problem = await ProblemAssert.AssertProblemAsync(
            refused, HttpStatusCode.BadRequest, "code-invalid", "code");
        Assert.Contains("AllowSlash", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(
            HttpStatusCode.BadRequest, await StatusAsync(HttpMethod.Patch, "x", """{"code": "x/y"}"""));
        Assert.Equal(
            HttpStatusCode.OK, await StatusAsync(HttpMethod.Patch, "guide%2Fa", """{"title": "still"}"""));
    }

    [Fact]
    public async Task A_code_with_slashes_below_a_reserved_path_is_refused()
    {
        using var response = await _server.CreateAsync("https://e.example/", "API/x");

        await ProblemAssert.AssertProblemAsync(
            response, HttpStatusCode.BadRequest, "code-reserved", "code");
    }

    private async Task CreateAsync(string code, string target, string fields = "")
    {
        using var response = await _server.PostAsync(
            $$"""{"target": "{{target}}", "code": "{{code}}"{{fields}}}""");
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }

    /// <summary>Returns where a path leads; null if the answer is 404.</summary>
    private async Task<string?> FollowAsync(string path)
    {
        var answer = await _server.SendRawAsync(
            $"GET {path} HTTP/1.1\r\nHost: {_server.Http.BaseAddress!.Authority}\r\n"
            + $"User-Agent: {Follower.Browser}\r\nConnection: close\r\n\r\n");
        var location = answer.Split("\r\n").FirstOrDefault(
            line => line.StartsWith("Location: ", StringComparison.Ordinal));
        Assert.Equal(location is null, answer.StartsWith("HTTP/1.1 404", StringComparison.Ordinal));
        return location?["Location: ".Length..];
    }

    private async Task<HttpStatusCode> StatusAsync(HttpMethod method, string path, string? body = null)
    {
        using var response = await _server.SendAsync(method, path, body);
        return response.StatusCode;
    }

    private async Task<JsonElement> ReadAsync(string path)
    {
        using var response = await _server.SendAsync(HttpMethod.Get, path);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }
}
