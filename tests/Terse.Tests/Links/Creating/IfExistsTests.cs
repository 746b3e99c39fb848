using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Terse.Tests.Links;

/// <summary>Tests over HTTP when a creation returns an existing link.</summary>
public sealed class IfExistsTests : IAsyncLifetime
{
    private const string Existing =
        """
        {"target": "https://example.com/1", "code": "first", "title": "First", "tags": ["one"]}
        """;

    private TerseServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TerseServer.StartAsync(("Domains:Others:0", "s.example"));
        using var created = await _server.PostAsync(Existing);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("")]
    [InlineData(", \"title\": \"First\"")]
    [InlineData(", \"title\": \"First\", \"tags\": [\"one\"], \"note\": null, \"enabled\": true")]
    [InlineData(", \"code\": \"first\"")]
    [InlineData(", \"redirectStatus\": 302, \"forwardQuery\": \"off\"")]
    public async Task A_link_that_does_the_same_is_returned(string fields)
    {
        using var answer = await CreateAsync($$"""{"target": "https://example.com/1"{{fields}}}""");
        var link = await answer.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("first", link.GetProperty("code").GetString());
        Assert.Equal("First", link.GetProperty("title").GetString());
        Assert.Equal("\"v1-0\"", answer.Headers.ETag?.ToString());
        Assert.Null(answer.Headers.Location);
    }

    [Theory]
    [InlineData(", \"title\": \"Other\"")]
    [InlineData(", \"title\": null")]
    [InlineData(", \"tags\": [\"one\", \"two\"]")]
    [InlineData(", \"code\": \"second\"")]
    [InlineData(", \"domain\": \"s.example\"")]
    [InlineData(", \"maxVisits\": 1")]
    [InlineData(", \"redirectStatus\": 308")]
    [InlineData(", \"expiresIn\": \"P1D\"")]
    public async Task A_request_for_something_else_creates_a_link(string fields)
    {
        using var answer = await CreateAsync($$"""{"target": "https://example.com/1"{{fields}}}""");

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    [Theory]
    [InlineData("""{"maxVisits": 5}""")]
    [InlineData("""{"enabled": false}""")]
    [InlineData("""{"expiresAt": "2020-01-01T00:00Z"}""")]
    [InlineData("""{"target": "https://example.com/2"}""")]
    [InlineData(null)]
    public async Task A_link_that_was_changed_or_deleted_is_not_returned(string? change)
    {
        using var changed = change is null
            ? await _server.SendAsync(HttpMethod.Delete, "first")
            : await _server.SendAsync(HttpMethod.Patch, "first", change);
        Assert.True(changed.IsSuccessStatusCode);
        using var answer = await CreateAsync("""{"target": "https://example.com/1"}""");

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    [Fact]
    public async Task A_link_is_returned_under_its_present_code()
    {
        using var renamed = await _server.SendAsync(HttpMethod.Patch, "first", """{"code": "second"}""");
        using var answer = await CreateAsync("""{"target": "https://example.com/1", "code": "first"}""");
        var link = await answer.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("second", link.GetProperty("code").GetString());
    }

    [Fact]
    public async Task Without_the_parameter_a_second_link_is_created_and_another_value_is_refused()
    {
        using var created = await _server.CreateAsync("https://example.com/1");
        using var refused = await _server.SendAsync(HttpMethod.Post, "?ifExists=fail", Existing);

        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        await ProblemAssert.AssertProblemAsync(
            refused, HttpStatusCode.BadRequest, "query-invalid", "ifExists");
    }

    [Fact]
    public async Task An_item_of_a_batch_can_return_an_existing_link()
    {
        using var answer = await _server.SendAsync(
            HttpMethod.Post,
            "batch",
            """
            {"items": [
              {"op": "create", "ifExists": "return", "fields": {"target": "https://example.com/1"}},
              {"op": "create", "ifExists": "return", "fields": {"target": "https://example.com/2"}},
              {"op": "create", "ifExists": "fail", "fields": {"target": "https://example.com/1"}},
              {"op": "delete", "ifExists": "return", "code": "first"}]}
            """);
        var items = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("items");

        Assert.Equal(
            [200, 201, 400, 400],
            items.EnumerateArray().Select(item => item.GetProperty("status").GetInt32()));
    }

    private Task<HttpResponseMessage> CreateAsync(string body) =>
        _server.SendAsync(HttpMethod.Post, "?ifExists=return", body);
}
