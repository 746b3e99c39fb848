using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// TERSE_HISTORY_SECONDS says how long the run lasts, TERSE_SEED which faults come; both are printed. Faults
/// and requests run in real time, so a seed gives the same faults, and not the same interleaving.
/// </summary>
public sealed class HistoryTests(ITestOutputHelper output)
{
    private const int Clients = 8;

    /// <summary>
    /// Links that are followed on every server in the end: the youngest, which are lost first.
    /// </summary>
    private const int Checked = 500;

    private static readonly int Seconds = Read("TERSE_HISTORY_SECONDS", 20);
    private static readonly int Seed = Read("TERSE_SEED", 1);

    [Fact]
    public async Task While_hosts_and_servers_fail_no_acknowledged_link_is_lost_or_not_found()
    {
        output.WriteLine($"TERSE_SEED={Seed} TERSE_HISTORY_SECONDS={Seconds}");
        await using var postgres = await PostgresCluster.StartAsync(replicas: 2);
        await postgres.Primary.ExecuteAsync("ALTER SYSTEM SET synchronous_standby_names = 'replica1'");
        await postgres.Primary.ExecuteAsync("SELECT pg_reload_conf()");
        await using var fleet = await Fleet.StartAsync(postgres, servers: 3);
        var history = new History();
        using var over = new CancellationTokenSource(TimeSpan.FromSeconds(Seconds), TimeProvider.System);
        var clients = Enumerable.Range(0, Clients)
            .Select(client => history.RunClientAsync(fleet, (Seed * 1000) + client, over.Token))
            .ToList();

        var random = new Random(Seed);
        var faults = new List<string>();
        while (!over.IsCancellationRequested)
            faults.Add(await fleet.SufferAsync(random, TimeSpan.FromSeconds(random.Next(1, 6)), over.Token));
        await Task.WhenAll(clients);
        await postgres.FailOverAsync();

        foreach (var server in fleet.Servers)
        {
            foreach (var code in history.Acknowledged.Keys.Order(StringComparer.Ordinal).TakeLast(Checked))
                await Eventually.IsSoAsync(() => history.FollowAsync(server, code));
        }

        output.WriteLine($"{history.Summary}; {string.Join(", ", faults)}; then a failover");
        Assert.Empty(history.Violations);
        Assert.InRange(history.Acknowledged.Count, 10, int.MaxValue);
    }

    private static int Read(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), out var value) ? value : otherwise;
}
