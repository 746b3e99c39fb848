using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Terse.Tests.Links;

/// <summary>Tests over HTTP how clients change the code of a link.</summary>
public sealed class AliasTests : IAsyncLifetime
{
    private TerseServer _server = null!;

    public async ValueTask InitializeAsync() =>
        _server = await TerseServer.StartAsync(("Domains:Others:0", "s.example"));

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_link_with_a_new_code_works_under_both_codes()
    {
        var generated = await _server.CreateCodeAsync("https://example.com/1");
        using var renamed = await PatchAsync(generated, """{"code": "구글", "title": "Search"}""");
        var link = await ReadAsync(renamed);

        Assert.Equal(("구글", generated, "Search"), (
            link.GetProperty("code").GetString(),
            link.GetProperty("aliases").EnumerateArray().Single().GetString(),
            link.GetProperty("title").GetString()));
        Assert.EndsWith(
            "/%EA%B5%AC%EA%B8%80", link.GetProperty("shortUrl").GetString(), StringComparison.Ordinal);
        foreach (var code in new[] { generated, "구글", "%ea%b5%ac%ea%b8%80" })
        {
            using var shown = await _server.GetAsync($"/api/v1/links/{code}");
            using var followed = await _server.GetAsync($"/{code}");
            var found = await ReadAsync(shown);
            Assert.Equal(link.GetProperty("id").GetString(), found.GetProperty("id").GetString());
            Assert.Equal("https://example.com/1", followed.Headers.Location?.OriginalString);
        }
    }

    /// <summary>Both names are cached before each change.</summary>
    [Fact]
    public async Task A_change_under_one_code_is_seen_at_once_under_all_codes()
    {
        await _server.CreateCodeAsync("https://example.com/0", "first");
        using var renamed = await PatchAsync("first", """{"code": "second"}""");
        for (var round = 1; round <= 6; round++)
        {
            await AssertTargetAsync($"https://example.com/{round - 1}");
            using var changed = await PatchAsync(
                round % 2 == 0 ? "first" : "second", $$"""{"target": "https://example.com/{{round}}"}""");
            Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
            await AssertTargetAsync($"https://example.com/{round}");
        }

        using var deleted = await _server.SendAsync(HttpMethod.Delete, "second");
        foreach (var code in new[] { "first", "second" })
        {
            using var gone = await _server.GetAsync($"/{code}");
            Assert.Equal(HttpStatusCode.Gone, gone.StatusCode);
        }
    }

    [Fact]
    public async Task An_earlier_code_can_become_the_code_again()
    {
        var generated = await _server.CreateCodeAsync("https://example.com/1");
        using var renamed = await PatchAsync(generated, """{"code": "second"}""");
        using var again = await PatchAsync("second", $$"""{"code": "{{generated}}"}""");
        using var same = await PatchAsync("second", $$"""{"code": "{{generated}}"}""");
        var link = await ReadAsync(again);

        Assert.Equal(generated, link.GetProperty("code").GetString());
        Assert.Equal("second", link.GetProperty("aliases").EnumerateArray().Single().GetString());
        Assert.Equal("\"v3\"", again.Headers.ETag?.ToString());
        Assert.False(same.Headers.Contains("Terse-Changed-At"));
    }

    [Theory]
    [InlineData("""{"code": null}""", "code-invalid")]
    [InlineData("""{"code": ""}""", "code-invalid")]
    [InlineData("""{"code": "1st"}""", "code-invalid")]
    [InlineData("""{"code": "a b"}""", "code-invalid")]
    [InlineData("""{"code": "раypal"}""", "code-invalid")]
    [InlineData("""{"code": "api"}""", "code-reserved")]
    public async Task A_new_code_is_validated_like_that_of_a_creation(string body, string type)
    {
        await _server.CreateCodeAsync("https://example.com/1", "first");
        using var refused = await PatchAsync("first", body);
        using var shown = await _server.GetAsync("/api/v1/links/first");

        await ProblemAssert.AssertProblemAsync(refused, HttpStatusCode.BadRequest, type, "code");
        Assert.Equal("\"v1-0\"", shown.Headers.ETag?.ToString());
    }

    [Fact]
    public async Task A_code_or_alias_of_another_link_is_refused_also_if_that_link_is_deleted()
    {
        await _server.CreateCodeAsync("https://example.com/1", "first");
        await _server.CreateCodeAsync("https://example.com/2", "other");
        await _server.CreateCodeAsync("https://example.com/3", "elsewhere", "s.example");
        using var renamed = await PatchAsync("other", """{"code": "alias"}""");
        using var deleted = await _server.SendAsync(HttpMethod.Delete, "other");

        foreach (var code in new[] { "other", "alias" })
        {
            using var refused = await PatchAsync("first", $$"""{"code": "{{code}}", "title": "No"}""");
            using var created = await _server.CreateAsync("https://example.com/", code);
            await ProblemAssert.AssertProblemAsync(refused, HttpStatusCode.Conflict, "code-taken", "code");
            await ProblemAssert.AssertProblemAsync(created, HttpStatusCode.Conflict, "code-taken", "code");
        }

        using var free = await PatchAsync("first", """{"code": "elsewhere"}""");
        Assert.Equal(JsonValueKind.Null, (await ReadAsync(free)).GetProperty("title").ValueKind);
        Assert.Equal("\"v2\"", free.Headers.ETag?.ToString());
    }

    [Fact]
    public async Task An_eleventh_alias_is_refused()
    {
        await _server.CreateCodeAsync("https://example.com/1", "c0");
        for (var number = 1; number <= 10; number++)
        {
            using var renamed = await PatchAsync("c0", $$"""{"code": "c{{number}}"}""");
            Assert.Equal(HttpStatusCode.OK, renamed.StatusCode);
        }

        using var refused = await PatchAsync("c5", """{"code": "c11"}""");
        using var followed = await _server.GetAsync("/c7");
        await ProblemAssert.AssertProblemAsync(refused, HttpStatusCode.BadRequest, "field-invalid", "code");
        Assert.Equal(HttpStatusCode.Found, followed.StatusCode);
    }

    [Fact]
    public async Task Of_64_clients_that_rename_one_version_or_take_one_code_one_succeeds()
    {
        for (var number = 1; number <= 64; number++)
            await _server.CreateCodeAsync("https://example.com/", $"link-{number}");
        var taking = await Task.WhenAll(Enumerable.Range(1, 64).Select(
            number => PatchAsync($"link-{number}", """{"code": "sale"}""")));
        await _server.CreateCodeAsync("https://example.com/", "one");
        var renaming = await Task.WhenAll(Enumerable.Range(1, 64).Select(number => _server.SendAsync(
            HttpMethod.Patch, "one", $$"""{"code": "name-{{number}}"}""", ("If-Match", "\"v1\""))));

        Assert.Single(taking, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(63, taking.Count(answer => answer.StatusCode == HttpStatusCode.Conflict));
        Assert.Single(renaming, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(63, renaming.Count(answer => answer.StatusCode == HttpStatusCode.PreconditionFailed));
        foreach (var answer in taking.Concat(renaming))
            answer.Dispose();
    }

    [Fact]
    public async Task An_erased_link_keeps_all_its_codes_taken()
    {
        await _server.CreateCodeAsync("https://example.com/", "first");
        using var renamed = await PatchAsync("first", """{"code": "second"}""");
        using var erased = await _server.SendAsync(HttpMethod.Post, "second/erase");

        Assert.Equal(HttpStatusCode.Accepted, erased.StatusCode);
        foreach (var code in new[] { "first", "second" })
        {
            using var gone = await _server.GetAsync($"/{code}");
            using var taken = await _server.CreateAsync("https://example.com/", code);
            Assert.Equal((HttpStatusCode.Gone, HttpStatusCode.Conflict), (gone.StatusCode, taken.StatusCode));
        }
    }

    private async Task AssertTargetAsync(string target)
    {
        foreach (var code in new[] { "first", "second" })
        {
            using var followed = await _server.GetAsync($"/{code}");
            Assert.Equal(target, followed.Headers.Location?.OriginalString);
        }
    }

    private Task<HttpResponseMessage> PatchAsync(string code, string body) =>
        _server.SendAsync(HttpMethod.Patch, code, body);

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }
}
