using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Terse.Harness;

namespace Terse.Tests.Links;

public sealed class ListEndpointsTests : IAsyncLifetime
{
    private TerseServer _server = null!;

    public async ValueTask InitializeAsync() =>
        _server = await TerseServer.StartAsync(("Domains:Others:0", "s.example.org"));

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_list_shows_links_newest_first_in_pages()
    {
        foreach (var code in (string[])["one", "two", "three"])
            await _server.CreateCodeAsync("https://example.com/" + code, code);

        var first = await ListAsync("limit=2");
        Assert.Equal(["three", "two"], CodesOf(first));
        var link = first.GetProperty("links")[0];
        Assert.Equal("active", link.GetProperty("state").GetString());
        Assert.Equal(0, link.GetProperty("visits").GetProperty("total").GetInt64());
        var last = await ListAsync("limit=2&cursor=" + first.GetProperty("next").GetString());
        Assert.Equal(["one"], CodesOf(last));
        Assert.False(last.TryGetProperty("next", out _));
        Assert.Equal(["one", "two", "three"], CodesOf(await ListAsync("order=oldest")));
    }

    [Fact]
    public async Task A_new_link_is_found_at_once_by_each_of_its_properties()
    {
        await CreateAsync("""{"target":"https://e.example/","code":"other"}""");
        await CreateAsync(
            """
            {"target":"https://shop.example/x","code":"구글","title":"Summer 🎉","tags":["A,b"],
                "validFrom":"2999-01-01T00:00:00Z"}
            """);
        foreach (var query in (string[])
            [
                "q=summ", "q=%F0%9F%8E%89", "q=%EA%B5%AC", "tag=a,B", "anyTag=x&anyTag=a,b",
                "noTag=z&tag=a,b",
                "state=scheduled", "targetHost=SHOP.example", "q=summer&tag=a,b&order=visits",
                "createdFrom=2020-01-01T00:00:00Z&q=shop",
            ])
        {
            Assert.Equal(["구글"], CodesOf(await ListAsync(query)));
        }

        Assert.Equal(["other"], CodesOf(await ListAsync("noTag=A,B")));
        Assert.Empty(CodesOf(await ListAsync("domain=s.example.org")));
        var counted = (await ListAsync("state=active&count=true")).GetProperty("count");
        Assert.Equal(1, counted.GetProperty("links").GetInt64());
        Assert.False(counted.GetProperty("atLeast").GetBoolean());
    }

    [Theory]
    [InlineData("page=2", "page")]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=501", "limit")]
    [InlineData("order=random", "order")]
    [InlineData("state=gone", "state")]
    [InlineData("cursor=abc", "cursor")]
    [InlineData("cursor=__________________8", "cursor")]
    [InlineData("createdFrom=yesterday", "createdFrom")]
    [InlineData("targetHost=a%20b", "targetHost")]
    [InlineData("domain=unknown.example", "domain")]
    [InlineData("q=a&q=b", "q")]
    [InlineData("q=a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q", "q")]
    [InlineData("count=yes", "count")]
    public async Task An_invalid_parameter_is_refused(string query, string field)
    {
        using var response = await _server.GetAsync("/api/v1/links?" + query);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("urn:problem-type:terse:query-invalid", problem.GetProperty("type").GetString());
        Assert.Equal(field, problem.GetProperty("field").GetString());
    }

    [Theory]
    [InlineData("q=%22%20OR%20%22")]
    [InlineData("q='%3A*%20%26%20%5C")]
    [InlineData("q=%00")]
    [InlineData("q=...")]
    [InlineData("tag=%22*")]
    [InlineData("cursor=fwAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("createdFrom=9999-12-31T23:59:59Z")]
    public async Task A_strange_search_finds_nothing(string query)
    {
        await _server.CreateCodeAsync("https://example.com/", "one");
        var list = await ListAsync(query + "&createdUntil=0001-01-01T00:00:00Z");
        Assert.Empty(CodesOf(list));
    }

    [Fact]
    public async Task Tags_are_listed_renamed_merged_and_deleted()
    {
        await CreateAsync("""{"target":"https://e.example/","code":"one","tags":["News","x/y"]}""");
        await CreateAsync("""{"target":"https://e.example/","code":"two","tags":["news","Old"]}""");
        await Eventually.IsTrueAsync(async () => await TagsAsync() == "News 2, Old 1, x/y 1");

        await AssertAsync(HttpStatusCode.NotFound, HttpMethod.Patch, "none", """{"name":"n"}""");
        await AssertAsync(HttpStatusCode.Conflict, HttpMethod.Patch, "x%2Fy", """{"name":"NEWS"}""");
        await AssertAsync(HttpStatusCode.BadRequest, HttpMethod.Patch, "x%2Fy", """{"name":" "}""");
        await AssertAsync(
            HttpStatusCode.Accepted, HttpMethod.Patch, "X%2Fy?merge=true", """{"name":"OLD"}""");
        await Eventually.IsTrueAsync(async () => await TagsAsync() == "News 2, Old 2");
        await AssertAsync(HttpStatusCode.Accepted, HttpMethod.Delete, "news");
        await Eventually.IsTrueAsync(async () => await TagsAsync() == "Old 2");

        var link = await _server.Http.GetFromJsonAsync<JsonElement>("/api/v1/links/one");
        Assert.Equal("OLD", link.GetProperty("tags").EnumerateArray().Single().GetString());
        var page = await _server.Http.GetFromJsonAsync<JsonElement>("/api/v1/tags?q=o&limit=1");
        Assert.Equal("Old", page.GetProperty("tags")[0].GetProperty("name").GetString());
    }

    private async Task AssertAsync(
        HttpStatusCode expected, HttpMethod method, string tag, string? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri("/api/v1/tags/" + tag, UriKind.Relative));
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _server.Http.SendAsync(request);
        Assert.Equal(expected, response.StatusCode);
    }

    private async Task<string> TagsAsync()
    {
        var list = await _server.Http.GetFromJsonAsync<JsonElement>("/api/v1/tags");
        return string.Join(", ", list.GetProperty("tags").EnumerateArray().Select(tag =>
            $"{tag.GetProperty("name").GetString()} {tag.GetProperty("links").GetInt64()}"));
    }

    private async Task CreateAsync(string body)
    {
        using var response = await _server.PostAsync(body);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }

    private async Task<JsonElement> ListAsync(string query)
    {
        using var response = await _server.GetAsync("/api/v1/links?" + query);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static List<string?> CodesOf(JsonElement list) =>
        [.. list.GetProperty("links").EnumerateArray().Select(link => link.GetProperty("code").GetString())];
}
