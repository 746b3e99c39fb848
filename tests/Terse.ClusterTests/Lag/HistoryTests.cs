using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Clients create, change and follow links, use up visit limits, request codes that no link has, and read
/// reports while faults are injected into Terse servers and databases. One server creates random codes, and
/// another one reaches the databases through PgBouncer. TERSE_HISTORY_SECONDS is the duration of the run, and
/// TERSE_SEED determines the faults; the test prints both values. The run happens in real time, so the same
/// seed repeats the faults but not their exact timing.
/// </summary>
public sealed class HistoryTests(ITestOutputHelper output)
{
    private const int Clients = 8;
    private const int ChangingClients = 4;

    /// <summary>
    /// How many of the newest links the test follows on every server at the end of the run. The test follows
    /// each older link on one server only.
    /// </summary>
    private const int FollowedEverywhere = 500;

    /// <summary>
    /// If a server needs longer than this time for a response, the test treats the server as hanging and
    /// fails.
    /// </summary>
    private static readonly TimeSpan HangLimit = TimeSpan.FromSeconds(30);

    private static readonly int Seconds = TestVariable.Read("TERSE_HISTORY_SECONDS", 120);
    private static readonly int Seed = TestVariable.Read("TERSE_SEED", 1);

    private readonly History _history = new();
    private readonly ResponseTimes _times = new();

    [Fact]
    public async Task While_hosts_and_servers_fail_no_acknowledged_link_is_lost_or_not_found_or_stale()
    {
        output.WriteLine(
            $"TERSE_SEED={Seed} TERSE_HISTORY_SECONDS={Seconds} "
            + "artifacts/bin/Terse.ClusterTests/release/Terse.ClusterTests -noLogo -showLiveOutput "
            + "-class Terse.ClusterTests.HistoryTests");
        await using var postgres = await PostgresCluster.StartAsync(replicas: 2, isSynchronous: true);
        using var folder = new TemporaryFolder();
        var certificates = new TestCertificates(folder.Path);
        foreach (var host in postgres.Servers.Reverse())
            await host.OfferTlsAsync(certificates);
        await using var pooled = await PooledHosts.StartAsync(postgres);
        await using var servers = await TestServers.StartAsync(
            postgres, [[], pooled.Settings, [ServerFaults.RandomCodes]]);
        var requests = new HistoryRequests(servers, _history, _times);
        var changed = new ChangedLinks(_history);
        var limits = new LimitClient(requests, Seed);
        try
        {
            await RunAsync(postgres, servers, requests, changed, limits);
        }
        catch
        {
            foreach (var pooler in pooled.Poolers)
                output.WriteLine(pooler.Log);
            throw;
        }

        await FollowAllAsync(servers, requests, changed);
        await _history.CheckOnceAsync(postgres.Primary);

        output.WriteLine(
            $"{_history.Codes.Count} links acknowledged; {servers.All.Sum(server => server.TooLate)} ids "
            + "came too late and were minted again");
        output.WriteLine(
            $"{changed.Changes} changes acknowledged; a change was unknown to a server for at most "
            + $"{changed.LongestStaleness.TotalSeconds:0.00} s; {limits.UsedUp} links used up exactly");
        output.WriteLine($"{requests.Sent} requests; 503s: {requests.Unavailable}");
        output.WriteLine($"Servers that were running gave {_times}");
        var recoveryTimes = _history.RecoveryTimes.Select(time => $"{time.TotalSeconds:0.00} s");
        output.WriteLine($"From promotion to the first creation: {string.Join(", ", recoveryTimes)}");
        Assert.Empty(_history.Violations);
        Assert.InRange(_history.Codes.Count, 10, int.MaxValue);
        Assert.NotEmpty(_history.RecoveryTimes);
        Assert.InRange(_times.Max, TimeSpan.Zero, HangLimit);
    }

    /// <summary>
    /// Runs the clients and, at the same time, two sequences of faults: one for databases, and one for Terse
    /// servers.
    /// </summary>
    private async Task RunAsync(
        PostgresCluster postgres,
        TestServers servers,
        HistoryRequests requests,
        ChangedLinks changed,
        LimitClient limits)
    {
        var length = TimeSpan.FromSeconds(Seconds);
        using var over = new CancellationTokenSource(length, TimeProvider.System);
        using var ended = new CancellationTokenSource();
        List<Task> clients =
        [
            .. Enumerable.Range(1, Clients)
                .Select(client => new HistoryClient(requests, (Seed * 1000) + client).RunAsync(ended.Token)),
            .. Enumerable.Range(1, ChangingClients).Select(client =>
                new ChangingClient(requests, changed, (Seed * 1000) + client).RunAsync(ended.Token)),
            limits.RunAsync(ended.Token),
            new ScanningClient(requests, Seed).RunAsync(ended.Token),
        ];
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

    /// <summary>
    /// Follows every link on one server, and the newest links and all changed links on every server.
    /// </summary>
    private async Task FollowAllAsync(TestServers servers, HistoryRequests requests, ChangedLinks changed)
    {
        var codes = _history.Codes;
        var client = new HistoryClient(requests, Seed);
        var changing = new ChangingClient(requests, changed, Seed);
        await Parallel.ForEachAsync(
            codes.Index(),
            async (link, _) => await Eventually.IsTrueAsync(() =>
                client.FollowAsync(servers.All[link.Index % servers.All.Count], link.Item)));
        foreach (var server in servers.All)
        {
            await Parallel.ForEachAsync(
                codes.TakeLast(FollowedEverywhere),
                async (code, _) => await Eventually.IsTrueAsync(() => client.FollowAsync(server, code)));
            await Parallel.ForEachAsync(
                changed.Codes,
                async (code, _) => await Eventually.IsTrueAsync(async () =>
                    changed.IsCurrent(code, await changing.FollowAsync(server, code))));
        }
    }
}
