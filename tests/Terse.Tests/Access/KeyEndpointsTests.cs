using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Terse.Access;
using Terse.Harness;
using Terse.Storage.Sqlite;

namespace Terse.Tests.Access;

public sealed class KeyEndpointsTests : IAsyncLifetime
{
    private TerseServer _server = null!;

    public async ValueTask InitializeAsync() =>
        _server = await TerseServer.StartAsync(("Domains:Default", "go.example"));

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_key_is_shown_once_and_then_without_its_secret()
    {
        var key = await _server.CreateKeyAsync("editor", ["default"], ["Team"]);
        var (id, secret) = (key.Split('_')[1], key.Split('_')[2]);

        var shown = await _server.ReadAsAsync(AdminKey.Text, $"{AccessServer.Keys}/{id}");
        var list = await _server.ReadAsAsync(AdminKey.Text, AccessServer.Keys);

        Assert.Matches("^terse_[0-9A-Za-z]{8}_[0-9A-Za-z]{32}$", key);
        Assert.Equal(id, list.GetProperty("keys")[0].GetProperty("id").GetString());
        Assert.DoesNotContain(secret, list.ToString(), StringComparison.Ordinal);
        Assert.False(shown.TryGetProperty("key", out _));
        Assert.Equal("editor", shown.GetProperty("role").GetString());
        Assert.Equal("default", shown.GetProperty("domains")[0].GetString());
        Assert.Equal("Team", shown.GetProperty("tags")[0].GetString());
        Assert.Equal("tests000", shown.GetProperty("createdBy").GetString());
        Assert.Equal("active", shown.GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_rotated_key_has_two_secrets_until_the_old_one_ends()
    {
        var old = await _server.CreateKeyAsync("viewer");
        var path = $"{AccessServer.Keys}/{old.Split('_')[1]}/rotate";
        using var rotated = await _server.SendAsAsync(AdminKey.Text, HttpMethod.Post, path);
        var later = (await rotated.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("key").GetString()!;

        Assert.NotEqual(old, later);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (await ListAsync(old), await ListAsync(later)));

        using var ended = await _server.SendAsAsync(
            AdminKey.Text, HttpMethod.Post, path, """{"oldExpiresAt": "2020-01-01T00:00:00Z"}""");
        var latest = (await ended.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("key").GetString()!;
        Assert.Equal(HttpStatusCode.OK, await ListAsync(latest));
        Assert.Equal(HttpStatusCode.Unauthorized, await ListAsync(later));
        Assert.Equal(HttpStatusCode.Unauthorized, await ListAsync(old));
    }

    [Theory]
    [InlineData("""{"role": "viewer"}""", "name")]
    [InlineData("""{"name": " ", "role": "viewer"}""", "name")]
    [InlineData("""{"name": "a\u0000b", "role": "viewer"}""", "name")]
    [InlineData("""{"name": "a"}""", "role")]
    [InlineData("""{"name": "a", "role": "Viewer"}""", "role")]
    [InlineData("""{"name": "a", "role": "viewer", "expiresAt": "2020-01-01T00:00:00Z"}""", "expiresAt")]
    [InlineData("""{"name": "a", "role": "viewer", "expiresAt": "2126-01-01T00:00:00"}""", "expiresAt")]
    [InlineData("""{"name": "a", "role": "viewer", "expiresAt": "2126-01-01"}""", "expiresAt")]
    [InlineData("""{"name": "a", "role": "viewer", "expiresAt": ""}""", "expiresAt")]
    [InlineData("""{"name": "a", "role": "viewer", "domains": ["nobody.example"]}""", "domains")]
    [InlineData("""{"name": "a", "role": "viewer", "domains": [null]}""", "domains")]
    [InlineData("""{"name": "a", "role": "viewer", "tags": [""]}""", "tags")]
    [InlineData("""{"name": "a", "role": "viewer", "tags": [" a "]}""", "tags")]
    [InlineData("""{"name": "a", "role": "viewer", "tags": []}""", "tags")]
    [InlineData("""{"name": "a", "role": "viewer", "domains": []}""", "domains")]
    [InlineData("""{"name": "a", "role": "viewer", "tags": [null]}""", "tags")]
    public async Task A_wrong_field_of_a_key_is_refused_with_its_name(string body, string field)
    {
        using var response = await _server.SendAsAsync(
            AdminKey.Text, HttpMethod.Post, AccessServer.Keys, body);

        await ProblemAssert.AssertProblemAsync(response, HttpStatusCode.BadRequest, "field-invalid", field);
    }

    [Fact]
    public async Task A_key_expires_at_the_instant_that_the_offset_says()
    {
        using var created = await _server.SendAsAsync(
            AdminKey.Text, HttpMethod.Post, AccessServer.Keys,
            """{"name": "a", "role": "viewer", "expiresAt": "2126-01-01T00:00:00+09:00"}""");

        var key = await created.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("2125-12-31T15:00:00Z", key.GetProperty("expiresAt").GetString());
    }

    [Theory]
    [InlineData("2026-11-27T09:00:00")]
    [InlineData("2026-11-27")]
    [InlineData("")]
    public async Task A_key_is_not_rotated_with_a_time_that_has_no_offset(string until)
    {
        var key = await _server.CreateKeyAsync("viewer");

        using var rotated = await _server.SendAsAsync(
            AdminKey.Text, HttpMethod.Post, $"{AccessServer.Keys}/{key.Split('_')[1]}/rotate",
            $$"""{"oldExpiresAt": "{{until}}"}""");

        await ProblemAssert.AssertProblemAsync(
            rotated, HttpStatusCode.BadRequest, "field-invalid", "oldExpiresAt");
        Assert.Equal(HttpStatusCode.OK, await ListAsync(key));
    }

    [Theory]
    [InlineData("POST", "/nobody00/rotate")]
    [InlineData("DELETE", "/nobody00")]
    [InlineData("DELETE", "/a%22b")]
    [InlineData("GET", "/nobody00")]
    public async Task An_unknown_key_is_not_found(string method, string path)
    {
        using var response = await _server.SendAsAsync(
            AdminKey.Text, new HttpMethod(method), AccessServer.Keys + path);

        await ProblemAssert.AssertProblemAsync(response, HttpStatusCode.NotFound, "key-not-found", "id");
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("terse_tests000_")]
    [InlineData("terse_tests000_0123456789abcdefghijklmnopqrstuV")]
    [InlineData("terse_tests001_0123456789abcdefghijklmnopqrstuv")]
    public async Task A_wrong_key_is_refused(string key)
    {
        using var response = await _server.SendAsAsync(key, HttpMethod.Get, "/api/v1/links");

        await ProblemAssert.AssertProblemAsync(
            response, HttpStatusCode.Unauthorized, "key-invalid", "Authorization");
    }

    [Fact]
    public async Task Two_different_keys_in_one_request_are_refused()
    {
        using var response = await _server.SendAsAsync(
            AdminKey.Text, HttpMethod.Get, "/api/v1/links", body: null,
            ("X-Api-Key", await _server.CreateKeyAsync("viewer")));

        await ProblemAssert.AssertProblemAsync(
            response, HttpStatusCode.Unauthorized, "key-invalid", "Authorization");
    }

    [Fact]
    public async Task The_key_of_the_file_can_be_revoked()
    {
        using var revoked = await _server.SendAsAsync(
            AdminKey.Text, HttpMethod.Delete, $"{AccessServer.Keys}/tests000");

        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await ListAsync(AdminKey.Text));
    }

    [Fact]
    public async Task The_key_of_the_file_is_not_called_revoked_while_the_database_has_no_room_to_keep_that()
    {
        using var writer = _server.Services.GetRequiredService<SqliteDatabase>().OpenWriter();
        writer.Execute(
            $"""
            INSERT INTO api_key (id, name, role, secret, created_at)
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {IKeyStore.MaxKeys})
            SELECT printf('%08d', i), 'n', 'viewer', x'00', 0 FROM n
            """);

        using var refused = await _server.SendAsAsync(
            AdminKey.Text, HttpMethod.Delete, $"{AccessServer.Keys}/tests000");

        await ProblemAssert.AssertProblemAsync(refused, HttpStatusCode.BadRequest, "field-invalid", "id");
        Assert.Equal(HttpStatusCode.OK, await ListAsync(AdminKey.Text));
    }

    [Fact]
    public async Task The_hour_of_the_last_use_is_stored_without_a_write_for_each_request()
    {
        var key = await _server.CreateKeyAsync("viewer");
        Assert.Equal(HttpStatusCode.OK, await ListAsync(key));
        await _server.Services.GetRequiredService<KeyUses>().StoreAsync(default);

        var shown = await _server.ReadAsAsync(AdminKey.Text, $"{AccessServer.Keys}/{key.Split('_')[1]}");

        var usedAt = shown.GetProperty("lastUsedAt").GetDateTimeOffset();
        Assert.Equal((0, 0), (usedAt.Minute, usedAt.Second));
        Assert.InRange(usedAt, TimeProvider.System.GetUtcNow().AddHours(-2), TimeProvider.System.GetUtcNow());
    }

    private async Task<HttpStatusCode> ListAsync(string key)
    {
        using var response = await _server.SendAsAsync(key, HttpMethod.Get, "/api/v1/links");
        return response.StatusCode;
    }
}
