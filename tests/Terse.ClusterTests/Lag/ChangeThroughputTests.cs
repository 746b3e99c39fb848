using System.Net.Http.Json;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Measures how many changes several Terse servers store while each commit of the primary takes 10 ms.
/// PostgreSQL commits transactions with notifications one after the other, so a transaction must store many
/// changes.
/// </summary>
public sealed class ChangeThroughputTests(ITestOutputHelper output)
{
    private const int Clients = 64;
    private const int ChangesEach = 10;
    private const int Changes = Clients * ChangesEach;

    [Fact]
    public async Task Changes_by_many_clients_of_several_servers_share_slow_commits()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 0);
        await using var servers = await TestServers.StartAsync(postgres, count: 2);
        var codes = await Task.WhenAll(Enumerable.Range(0, Clients).Select(client =>
            RetryingClient.CreateAsync(servers.All[client % 2].Process, "https://example.com/")));
        await SlowDownAsync(postgres.Primary);

        var begin = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(codes.Select((code, client) =>
            ChangeAsync(servers.All[client % 2].Process, code)));
        var seconds = TimeProvider.System.GetElapsedTime(begin).TotalSeconds;
        var transactions = await postgres.Primary.ReadAsync(
            "SELECT count(DISTINCT xmin::text) FROM link_change");

        output.WriteLine(
            $"{Changes} changes by {transactions} transactions in {seconds:0.0} s: "
            + $"{Changes / seconds:0} a second");
        Assert.Equal(Changes, await postgres.Primary.ReadAsync("SELECT count(*) FROM link_change"));
        Assert.InRange(transactions, 1, Changes / 4);
    }

    /// <summary>
    /// Makes each commit wait for 10 ms before it flushes the log. PostgreSQL waits only while fsync is on.
    /// </summary>
    private static async Task SlowDownAsync(PostgresServer primary)
    {
        await primary.ExecuteAsync("ALTER SYSTEM SET fsync = on");
        await primary.ExecuteAsync("ALTER SYSTEM SET commit_delay = 10000");
        await primary.ExecuteAsync("ALTER SYSTEM SET commit_siblings = 0");
        await primary.ExecuteAsync("SELECT pg_reload_conf()");
        await Eventually.IsTrueAsync(async () => await primary.ReadAsync(
            "SELECT count(*) FROM pg_settings WHERE name = 'commit_delay' AND setting = '10000'") == 1);
    }

    private static async Task ChangeAsync(TerseProcess server, string code)
    {
        for (var change = 0; change < ChangesEach; change++)
        {
            using var answer = await server.Http.PatchAsJsonAsync(
                new Uri($"/api/v1/links/{code}", UriKind.Relative),
                new { target = $"https://example.com/{change}" });
            answer.EnsureSuccessStatusCode();
        }
    }
}
