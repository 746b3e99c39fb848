using System.Net;
using System.Net.Http.Json;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Tests aliases of links on replicas that do not have them yet.</summary>
public sealed class AliasLagTests
{
    [Fact]
    public async Task Every_server_finds_a_link_by_all_its_codes_while_the_replicas_do_not_have_them()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 2);
        await using var first = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        await using var second = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        var old = await RetryingClient.CreateAsync(first, "https://example.com/old");
        foreach (var replica in postgres.Replicas)
        {
            await replica.CatchUpAsync(postgres.Primary);
            await replica.PauseReplayAsync();
        }

        for (var round = 0; round < 10; round++)
        {
            var code = round == 0 ? old : await RetryingClient.CreateAsync(first, "https://example.com/old");
            var alias = $"alias-{round}";
            await PatchAsync(first, code, new { code = alias });
            foreach (var server in new[] { second, first })
            {
                foreach (var name in new[] { alias, code })
                    Assert.Equal("https://example.com/old", await RetryingClient.FollowAsync(server, name));
            }

            // Each server has cached the link under both codes.
            await PatchAsync(second, code, new { target = "https://example.com/new" });
            foreach (var name in new[] { alias, code })
            {
                Assert.Equal("https://example.com/new", await RetryingClient.FollowAsync(second, name));
                await Eventually.IsTrueAsync(async () =>
                    await RetryingClient.FollowAsync(first, name) is { } target
                    && target.EndsWith("/new", StringComparison.Ordinal));
            }
        }
    }

    /// <summary>
    /// With a budget of one lookup a second on the primary, a replica behind a fence decides about most
    /// codes.
    /// </summary>
    [Fact]
    public async Task A_replica_behind_a_fence_finds_a_link_by_its_alias()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var server = await TerseProcess.ServeAsync(
            postgres.ConnectionStrings, "--Database:MissesPerSecond", "1");
        for (var round = 0; round < 20; round++)
        {
            var code = await RetryingClient.CreateAsync(server, $"https://example.com/{round}");
            await PatchAsync(server, code, new { code = $"alias-{round}" });
            Assert.Equal(
                $"https://example.com/{round}", await RetryingClient.FollowAsync(server, $"alias-{round}"));
            Assert.Null(await RetryingClient.FollowAsync(server, $"nobody-{round}"));
        }
    }

    private static async Task PatchAsync<T>(TerseProcess server, string code, T change) =>
        await Eventually.IsTrueAsync(async () =>
        {
            using var answer = await server.Http.PatchAsJsonAsync($"api/v1/links/{code}", change);
            Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable);
            return answer.StatusCode == HttpStatusCode.OK;
        });
}
