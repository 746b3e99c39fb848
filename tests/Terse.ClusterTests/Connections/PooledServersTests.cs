using System.Net.Http.Json;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Tests of Terse servers whose reads and writes go through PgBouncer in transaction mode.</summary>
public sealed class PooledServersTests
{
    private const int Clients = 32;
    private const int Links = 400;

    /// <summary>
    /// The most connections that a Terse server opens to a host beside the pooler: for probes, for beats and
    /// for the change feed.
    /// </summary>
    private const int DirectConnections = 3;

    [Fact]
    public async Task Servers_behind_PgBouncer_create_follow_change_and_count_with_few_connections()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var pooled = await PooledHosts.StartAsync(postgres);
        await using var first = await TerseProcess.ServeAsync(postgres.ConnectionStrings, pooled.Settings);
        await using var second = await TerseProcess.ServeAsync(postgres.ConnectionStrings, pooled.Settings);

        var codes = await CreateAsync(first, second);
        await ChangeAsync(first, codes[0], "https://example.com/changed");
        await Eventually.IsTrueAsync(async () =>
            await second.FollowAsync(codes[0]) == "https://example.com/changed");
        await Eventually.IsTrueAsync(async () => await postgres.Primary.ReadAsync(
            "SELECT coalesce(sum(visits), 0)::bigint FROM visit_total") >= Links);
        foreach (var host in postgres.Servers)
        {
            var connections = await host.ReadAsync(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'terse'");
            Assert.InRange(connections, 1, PgBouncer.PoolSize + (2 * DirectConnections));
        }
    }

    [Fact]
    public async Task While_the_pooler_of_a_replica_is_lost_new_links_are_found_on_the_primary()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var pooled = await PooledHosts.StartAsync(postgres);
        await using var first = await TerseProcess.ServeAsync(postgres.ConnectionStrings, pooled.Settings);
        await using var second = await TerseProcess.ServeAsync(postgres.ConnectionStrings, pooled.Settings);
        await CreateAsync(first, second);

        await pooled.Poolers[1].KillAsync();
        await CreateAsync(first, second);
        await pooled.Poolers[1].StartAsync();
        await CreateAsync(first, second);
    }

    /// <summary>
    /// Creates links on one server and follows each one at once on the other server, which must find it.
    /// </summary>
    private static async Task<string[]> CreateAsync(TerseProcess creator, TerseProcess follower)
    {
        var codes = new string[Links];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Links),
            new ParallelOptions { MaxDegreeOfParallelism = Clients },
            async (number, _) =>
            {
                codes[number] = (await creator.CreateCodeAsync($"https://example.com/{number}", default))!;
                Assert.Equal($"https://example.com/{number}", await follower.FollowAsync(codes[number]));
            });
        return codes;
    }

    private static async Task ChangeAsync(TerseProcess server, string code, string target)
    {
        using var response = await server.Http.PatchAsJsonAsync(
            new Uri($"/api/v1/links/{code}", UriKind.Relative), new { target });
        response.EnsureSuccessStatusCode();
    }
}
