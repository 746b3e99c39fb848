using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Terse.Harness;

namespace Terse.ClusterTests;

public sealed class KeyAcrossServersTests
{
    private static readonly Uri Links = new("/api/v1/links", UriKind.Relative);
    private static readonly Uri Keys = new("/api/v1/keys", UriKind.Relative);

    [Fact]
    public async Task A_new_key_works_on_another_server_at_once_while_replay_on_the_replica_is_paused()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var first = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        await using var second = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        var admin = await CreateKeyAsync(first, key: null, "admin");
        await postgres.Replicas[0].PauseReplayAsync();

        for (var number = 0; number < 10; number++)
        {
            var viewer = await CreateKeyAsync(first, admin, "viewer");
            Assert.Equal(HttpStatusCode.OK, await ListAsync(second, viewer));
        }

        Assert.Equal(HttpStatusCode.Unauthorized, await ListAsync(second, key: null));
    }

    /// <summary>
    /// Requests with the revoked key run without a pause on the other server, so the notification decides
    /// when the last one succeeds.
    /// </summary>
    [Fact]
    public async Task A_revoked_key_is_refused_by_all_servers()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var first = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        await using var second = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        var admin = await CreateKeyAsync(first, key: null, "admin");
        var viewer = await CreateKeyAsync(first, admin, "viewer");
        Assert.Equal(HttpStatusCode.OK, await ListAsync(second, viewer));

        using var request = NewRequest(HttpMethod.Delete, $"/api/v1/keys/{viewer.Split('_')[1]}", admin);
        using var revoked = await first.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);

        Assert.Equal(HttpStatusCode.Unauthorized, await ListAsync(first, viewer));
        await Eventually.IsTrueAsync(async () =>
            await ListAsync(second, viewer) == HttpStatusCode.Unauthorized);
        Assert.Equal(HttpStatusCode.OK, await ListAsync(second, admin));
    }

    [Fact]
    public async Task A_server_that_reaches_no_host_refuses_keys_and_still_redirects_what_it_knows()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 0);
        await using var server = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        var admin = await CreateKeyAsync(server, key: null, "admin");
        using var create = NewRequest(HttpMethod.Post, "/api/v1/links", admin);
        create.Content = JsonContent.Create(new { target = "https://example.com/", code = "kept" });
        using var created = await server.Http.SendAsync(create);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.Equal("https://example.com/", await server.FollowAsync("kept"));

        await postgres.Primary.KillAsync();

        await Eventually.IsTrueAsync(async () =>
            await ReadKeysAsync(server, admin) == HttpStatusCode.ServiceUnavailable);
        Assert.Equal("https://example.com/", await server.FollowAsync("kept"));
    }

    private static async Task<string> CreateKeyAsync(TerseProcess server, string? key, string role)
    {
        using var request = NewRequest(HttpMethod.Post, Keys.OriginalString, key);
        request.Content = JsonContent.Create(new { name = role, role });
        using var response = await server.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("key").GetString()!;
    }

    private static Task<HttpStatusCode> ListAsync(TerseProcess server, string? key) =>
        GetAsync(server, Links.OriginalString, key);

    private static Task<HttpStatusCode> ReadKeysAsync(TerseProcess server, string key) =>
        GetAsync(server, Keys.OriginalString, key);

    private static async Task<HttpStatusCode> GetAsync(TerseProcess server, string path, string? key)
    {
        using var request = NewRequest(HttpMethod.Get, path, key);
        using var response = await server.Http.SendAsync(request);
        return response.StatusCode;
    }

    private static HttpRequestMessage NewRequest(HttpMethod method, string path, string? key)
    {
        var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (key is not null)
            request.Headers.Authorization = new("Bearer", key);
        return request;
    }
}
