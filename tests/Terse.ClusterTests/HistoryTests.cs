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
    private const int FollowedEverywhere = 500;

    /// <summary>No promise: whoever takes that long hangs.</summary>
    private static readonly TimeSpan Outrageous = TimeSpan.FromSeconds(30);

    private static readonly int Seconds = TestVariable.Read("TERSE_HISTORY_SECONDS", 120);
    private static readonly int Seed = TestVariable.Read("TERSE_SEED", 1);

    private readonly History _history = new();
    private readonly AnswerTimes _times = new();

    [Fact]
    public async Task While_hosts_and_servers_fail_no_acknowledged_link_is_lost_or_not_found()
    {
        output.WriteLine(
            $"TERSE_SEED={Seed} TERSE_HISTORY_SECONDS={Seconds} "
            + "artifacts/bin/Terse.ClusterTests/release/Terse.ClusterTests -noLogo -showLiveOutput "
            + "-class Terse.ClusterTests.HistoryTests");
        await using var postgres = await PostgresCluster.StartAsync(replicas: 2, isSynchronous: true);
        await using var servers = await TestServers.StartAsync(postgres, count: 3);
        await RunAsync(postgres, servers);
        await FollowAllAsync(servers);
        await _history.CheckOnceAsync(postgres.Primary);

        output.WriteLine(
            $"{_history.Codes.Count} links acknowledged; {servers.All.Sum(server => server.TooLate)} ids "
            + "came too late and were minted again");
        output.WriteLine($"Servers neither stopped nor killed gave {_times}");
        var creatingAgain = _history.CreatingAgain.Select(time => $"{time.TotalSeconds:0.00} s");
        output.WriteLine($"From promotion to the first creation: {string.Join(", ", creatingAgain)}");
        Assert.Empty(_history.Violations);
        Assert.InRange(_history.Codes.Count, 10, int.MaxValue);
        Assert.NotEmpty(_history.CreatingAgain);
        Assert.InRange(_times.Max, TimeSpan.Zero, Outrageous);
    }

    /// <summary>
    /// Clients, while one fault after the other befalls the database, and one after the other the servers.
    /// </summary>
    private async Task RunAsync(PostgresCluster postgres, TestServers servers)
    {
        var length = TimeSpan.FromSeconds(Seconds);
        using var over = new CancellationTokenSource(length, TimeProvider.System);
        using var ended = new CancellationTokenSource();
        var clients = Enumerable.Range(1, Clients)
            .Select(client => new HistoryClient(servers, _history, _times, (Seed * 1000) + client))
            .Select(client => client.RunAsync(ended.Token))
            .ToList();
        try
        {
            var lanes = await Task.WhenAll(
                Fault.RunAsync(
                    new DatabaseFaults(postgres, servers, _history, Seed).All, Seed, length / 24, over.Token),
                Fault.RunAsync(new ServerFaults(postgres, servers, Seed).All, Seed, length / 24, over.Token));
            foreach (var lane in lanes)
                output.WriteLine(string.Join(", ", lane));
        }
        finally
        {
            await ended.CancelAsync();
            await Task.WhenAll(clients);
        }
    }

    /// <summary>All links, each on some server; the youngest on every one.</summary>
    private async Task FollowAllAsync(TestServers servers)
    {
        var codes = _history.Codes;
        var client = new HistoryClient(servers, _history, _times, Seed);
        await Parallel.ForEachAsync(
            codes.Index(),
            async (link, _) => await Eventually.IsSoAsync(() =>
                client.FollowAsync(servers.All[link.Index % servers.All.Count], link.Item)));
        foreach (var server in servers.All)
        {
            await Parallel.ForEachAsync(
                codes.TakeLast(FollowedEverywhere),
                async (code, _) => await Eventually.IsSoAsync(() => client.FollowAsync(server, code)));
        }
    }
}
