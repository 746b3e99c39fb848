using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Terse.Harness;

namespace Terse.TestSupport;

/// <summary>The tests that the audit of every store must pass, through the API of a server.</summary>
public abstract class AuditContract : IAsyncLifetime
{
    private const string Links = "/api/v1/links";
    private const string Secret = "correct horse";

    private static readonly string[] OldTag = ["old"];

    public abstract ValueTask InitializeAsync();

    public abstract ValueTask DisposeAsync();

    /// <summary>Calls the server with a key of the role admin.</summary>
    protected abstract HttpClient Http { get; }

    /// <summary>The id of the key.</summary>
    protected abstract string KeyId { get; }

    [Fact]
    public async Task Each_change_of_a_link_leaves_a_row_with_the_states_before_and_after()
    {
        var id = await CreateAsync("sale");
        await SendAsync(
            HttpMethod.Patch, $"{Links}/sale", new { target = "https://example.com/2", code = "new" });
        await SendAsync(HttpMethod.Delete, $"{Links}/sale");
        await SendAsync(HttpMethod.Post, $"{Links}/sale/restore");

        var rows = await ReadAsync($"link={id}");

        Assert.Equal(
            ["link.restore", "link.delete", "link.change", "link.create"],
            rows.Select(row => row.GetProperty("action").GetString()));
        Assert.Equal(
            ["/new", "/new", "/new", "/sale"], rows.Select(row => row.GetProperty("subject").GetString()));
        Assert.All(rows, row => Assert.Equal(KeyId, row.GetProperty("key").GetString()));
        Assert.All(rows, row => Assert.Equal(JsonValueKind.Null, row.GetProperty("address").ValueKind));
        Assert.Equal("https://example.com/", TextOf(rows[2], "before", "target"));
        Assert.Equal("https://example.com/2", TextOf(rows[2], "after", "target"));
        Assert.Equal(JsonValueKind.Null, rows[3].GetProperty("before").ValueKind);
        Assert.Equal("A title", TextOf(rows[3], "after", "title"));
        Assert.NotNull(TextOf(rows[1], "after", "deletedAt"));
    }

    [Theory]
    [InlineData("""{}""", "codes createdBy target")]
    [InlineData("""{"title": "A", "tags": ["b"]}""", "codes createdBy tags target title")]
    [InlineData(
        """{"maxVisits": 3, "expiresAt": "2100-01-01T00:00:00Z"}""",
        "codes createdBy expiresAt maxVisits target")]
    [InlineData("""{"password": "correct horse", "note": "B"}""", "codes createdBy hasPassword note target")]
    public async Task The_row_of_a_creation_has_the_fields_that_were_set(string settings, string fields)
    {
        var link = JsonNode.Parse(settings)!.AsObject();
        link["target"] = "https://example.com/";
        using var created = await Http.PostAsJsonAsync(Links, link);
        var id = (await created.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();

        var row = Assert.Single(await ReadAsync($"link={id}"));

        Assert.Equal(
            fields.Split(' '),
            row.GetProperty("after").EnumerateObject().Select(field => field.Name).Order());
    }

    [Fact]
    public async Task No_row_contains_the_hash_of_a_password()
    {
        var id = await CreateAsync("locked");
        await SendAsync(HttpMethod.Patch, $"{Links}/locked", new { password = Secret });
        await SendAsync(HttpMethod.Patch, $"{Links}/locked", new { note = "later" });

        var rows = await ReadAsync($"link={id}");

        Assert.True(rows[0].GetProperty("before").GetProperty("hasPassword").GetBoolean());
        Assert.True(rows[1].GetProperty("after").GetProperty("hasPassword").GetBoolean());
        Assert.All(rows, row => Assert.DoesNotContain(
            "\"password\"", row.ToString(), StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task An_erased_link_leaves_who_did_what_and_nothing_that_people_wrote()
    {
        var id = await CreateAsync("erased");
        await SendAsync(HttpMethod.Patch, $"{Links}/erased", new { note = "private" });
        await SendAsync(HttpMethod.Post, $"{Links}/erased/erase");

        var rows = await ReadAsync($"link={id}");

        Assert.Equal(
            ["link.erase", "link.change", "link.create"],
            rows.Select(row => row.GetProperty("action").GetString()));
        Assert.All(rows, row => Assert.Equal(
            (JsonValueKind.Null, JsonValueKind.Null),
            (row.GetProperty("before").ValueKind, row.GetProperty("after").ValueKind)));
    }

    [Fact]
    public async Task Links_are_renamed_with_their_tag_in_the_name_of_the_key_that_renames_it()
    {
        var id = await CreateAsync("tagged");
        await SendAsync(HttpMethod.Patch, $"{Links}/tagged", new { tags = OldTag });
        await Eventually.IsTrueAsync(async () =>
        {
            using var rename = await Http.PatchAsJsonAsync("/api/v1/tags/old", new { name = "new" });
            return rename.StatusCode == HttpStatusCode.Accepted; // Not found until the tag is indexed.
        });
        List<JsonElement> rows = [];
        await Eventually.IsTrueAsync(async () => (rows = await ReadAsync($"link={id}")).Count == 3);

        Assert.Equal("link.change", rows[0].GetProperty("action").GetString());
        Assert.Equal("old", rows[0].GetProperty("before").GetProperty("tags")[0].GetString());
        Assert.Equal("new", rows[0].GetProperty("after").GetProperty("tags")[0].GetString());
        Assert.Equal(KeyId, rows[0].GetProperty("key").GetString());
    }

    [Fact]
    public async Task A_refused_creation_leaves_no_row()
    {
        await CreateAsync("taken");
        using var again = await Http.PostAsJsonAsync(
            Links, new { target = "https://example.com/", code = "taken" });

        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
        Assert.Single(await ReadAsync("subject=/taken"));
    }

    [Fact]
    public async Task Each_change_of_a_key_leaves_a_row_without_its_secret()
    {
        using var created = await Http.PostAsJsonAsync("/api/v1/keys", new { name = "ci", role = "viewer" });
        var key = await created.Content.ReadFromJsonAsync<JsonElement>();
        var (id, text) = (key.GetProperty("id").GetString()!, key.GetProperty("key").GetString()!);
        await SendAsync(HttpMethod.Post, $"/api/v1/keys/{id}/rotate");
        await SendAsync(HttpMethod.Delete, $"/api/v1/keys/{id}");

        var rows = await ReadAsync($"action=key&subject={id}");

        Assert.Equal(
            ["key.revoke", "key.rotate", "key.create"],
            rows.Select(row => row.GetProperty("action").GetString()));
        Assert.Equal("ci", TextOf(rows[0], "after", "name"));
        Assert.All(rows, row => Assert.DoesNotContain(
            text.Split('_')[2], row.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Each_change_of_a_domain_leaves_a_row()
    {
        await SendAsync(HttpMethod.Patch, "/api/v1/domains/default", new { name = "go.example" });
        await SendAsync(HttpMethod.Post, "/api/v1/domains", new { name = "s.example" });
        await SendAsync(HttpMethod.Patch, "/api/v1/domains/s.example", new { robotsTxt = "x" });
        await SendAsync(HttpMethod.Delete, "/api/v1/domains/s.example");

        var rows = await ReadAsync("action=domain&subject=s.example");

        Assert.Equal(
            ["domain.remove", "domain.change", "domain.add"],
            rows.Select(row => row.GetProperty("action").GetString()));
        Assert.Equal("x", TextOf(rows[1], "after", "robotsTxt"));
        Assert.All(rows, row => Assert.Equal(KeyId, row.GetProperty("key").GetString()));
    }

    [Fact]
    public async Task Each_change_of_a_block_leaves_a_row()
    {
        await SendAsync(HttpMethod.Post, "/api/v1/blocks", new { host = "evil.example", reason = "spam" });
        await SendAsync(HttpMethod.Post, "/api/v1/blocks", new { host = "evil.example", reason = "fraud" });
        await SendAsync(HttpMethod.Delete, "/api/v1/blocks/evil.example");

        var rows = await ReadAsync("action=block");

        Assert.Equal(
            ["block.remove", "block.add", "block.add"],
            rows.Select(row => row.GetProperty("action").GetString()));
        Assert.Equal("fraud", TextOf(rows[0], "before", "reason"));
        Assert.Equal("spam", TextOf(rows[1], "before", "reason"));
        Assert.All(rows, row => Assert.Equal(KeyId, row.GetProperty("key").GetString()));
        Assert.All(rows, row => Assert.Equal("evil.example", row.GetProperty("subject").GetString()));
    }

    [Fact]
    public async Task Pages_contain_each_row_once()
    {
        for (var number = 0; number < 7; number++)
            await CreateAsync($"page{number}");

        var subjects = new List<string>();
        for (string? next = ""; next is not null;)
        {
            var page = await Http.GetFromJsonAsync<JsonElement>(
                $"/api/v1/audit?action=link&limit=3&cursor={next}");
            subjects.AddRange(page.GetProperty("audit").EnumerateArray()
                .Select(row => row.GetProperty("subject").GetString()!));
            next = page.TryGetProperty("next", out var cursor) ? cursor.GetString() : null;
        }

        Assert.Equal(["/page6", "/page5", "/page4", "/page3", "/page2", "/page1", "/page0"], subjects);
    }

    private static string? TextOf(JsonElement row, string state, string field) =>
        row.GetProperty(state).GetProperty(field).GetString();

    private async Task<string> CreateAsync(string code)
    {
        using var response = await Http.PostAsJsonAsync(
            Links, new { target = "https://example.com/", code, title = "A title" });
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    private async Task SendAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (body is not null)
            request.Content = JsonContent.Create(body);
        using var response = await Http.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    private async Task<List<JsonElement>> ReadAsync(string query)
    {
        var list = await Http.GetFromJsonAsync<JsonElement>($"/api/v1/audit?{query}");
        return [.. list.GetProperty("audit").EnumerateArray()];
    }
}
