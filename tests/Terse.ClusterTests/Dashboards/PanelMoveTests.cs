using System.Data;
using Microsoft.AspNetCore.Http;
using Npgsql;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Runs the queries of all panels that read from Prometheus, and causes the faults and loads that the panels
/// are about. A panel that stays as it was misleads the people on call.
/// </summary>
public sealed class PanelMoveTests
{
    private const int Front = 0;
    private const int Killed = 1;
    private const int Drained = 2;

    /// <summary>
    /// What holds without a fault: all servers are ready, they read from both replicas, few visits wait, few
    /// codes are requested, and few connections to the databases are in use.
    /// </summary>
    private static readonly string[] Calm =
    [
        "sum(terse_server_ready) == 6",
        "sum(terse_host_in_rotation) == 6",
        "sum(terse_visits_waiting) < 500",
        "sum(rate(terse_redirects_total[4s])) < 40",
        "sum(rate(terse_lookup_misses_total{terse_miss_outcome='over_budget'}[4s])) == 0",
        "max(instance_share:terse_host_connections:ratio) < 0.4",
    ];

    [Fact]
    public void The_table_says_for_every_panel_of_Prometheus_what_makes_it_move() =>
        Assert.Equal(
            DashboardPanel.All.Where(panel => panel.DataSource == "prometheus")
                .Select(panel => panel.ToString()).Order(StringComparer.Ordinal),
            PanelMove.All.Select(move => move.Panel.ToString()).Order(StringComparer.Ordinal));

    [Fact]
    public async Task Every_query_returns_series_and_moves_when_its_fault_or_load_is_caused()
    {
        await using var servers = await ScrapedServers.StartAsync();
        await using var links = Load.CreateAndFollow(servers, clients: 3, TimeSpan.FromMilliseconds(300));
        await using var unknown = Load.AskForUnknownCodes(
            servers, clients: 3, TimeSpan.FromMilliseconds(1000));
        var status = StatusCodes.Status204NoContent;
        await using var receiver = await WebhookReceiver.StartAsync(
            (_, _) => Task.FromResult(Volatile.Read(ref status)));
        await receiver.SubscribeAsync(servers.All[Front].Http, ["link.created"], [Load.Tag]);
        foreach (var move in PanelMove.All)
            await HasSeriesAsync(servers, move);

        var snapshot = await WatchAsync(servers, Cause.OldSnapshot);
        await using var connection = await servers.Postgres.Primary.ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead);
        await using var hold = new NpgsqlCommand("SELECT txid_current()", connection, transaction);
        await hold.ExecuteScalarAsync();

        Volatile.Write(ref status, StatusCodes.Status503ServiceUnavailable);
        await CauseFailingReceiverAsync(servers);
        await CauseUnknownCodesAsync(servers);
        await CausePausedReplayAsync(servers);
        await CauseStoppedReplicaAsync(servers);
        await CauseWrongKeysAsync(servers);
        await CauseLostCollectorAsync(servers);
        await CauseLoadAsync(servers);
        await CauseLostPrimaryAsync(servers);
        await CauseEndsOfServersAsync(servers);
        await snapshot.HaveMovedAsync();
    }

    /// <summary>Waits until all queries of a panel return numbers.</summary>
    private static async Task HasSeriesAsync(ScrapedServers servers, PanelMove move)
    {
        foreach (var query in move.Panel.Queries)
        {
            var result = new QueryResult([]);
            try
            {
                await Eventually.IsTrueAsync(async () =>
                    (result = await QueryResult.ReadAsync(
                        servers.Prometheus, query, servers.InstanceOf(Front))).Samples.Count > 0);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"{move.Panel} returns no series: {query}");
            }
        }
    }

    /// <summary>After ten failures, a receiver gets one request at a time: other deliveries wait.</summary>
    private static async Task CauseFailingReceiverAsync(ScrapedServers servers)
    {
        var watched = await WatchAsync(servers, Cause.FailingReceiver);
        for (var link = 0; link < 30; link++)
            await Load.CreateWithTagAsync(servers.All[Front]);
        await watched.HaveMovedAsync();
    }

    private static async Task CauseUnknownCodesAsync(ScrapedServers servers)
    {
        var watched = await WatchAsync(servers, Cause.UnknownCodes);
        await using var flood = Load.AskForUnknownCodes(
            servers, clients: 30, TimeSpan.FromMilliseconds(50));
        await watched.HaveMovedAsync();
    }

    private static async Task CausePausedReplayAsync(ScrapedServers servers)
    {
        var watched = await WatchAsync(servers, Cause.PausedReplay);
        foreach (var replica in servers.Postgres.Replicas)
            await replica.PauseReplayAsync();
        await using var more = Load.CreateAndFollow(servers, clients: 6, TimeSpan.FromMilliseconds(100));
        await watched.HaveMovedAsync();
        foreach (var replica in servers.Postgres.Replicas)
            await replica.ResumeReplayAsync();
    }

    private static async Task CauseStoppedReplicaAsync(ScrapedServers servers)
    {
        var watched = await WatchAsync(servers, Cause.StoppedReplica);
        await servers.Postgres.Replicas[1].KillAsync();
        await watched.HaveMovedAsync();
        await servers.Postgres.Replicas[1].StartAsync();
    }

    private static async Task CauseWrongKeysAsync(ScrapedServers servers)
    {
        var watched = await WatchAsync(servers, Cause.WrongKeys);
        await using var wrong = Load.SendWrongKeys(servers.All[Front]);
        await watched.HaveMovedAsync();
    }

    private static async Task CauseLostCollectorAsync(ScrapedServers servers)
    {
        var watched = await WatchAsync(servers, Cause.LostCollector);
        await servers.StopCollectorAsync();
        await watched.HaveMovedAsync();
    }

    private static async Task CauseLoadAsync(ScrapedServers servers)
    {
        var watched = await WatchAsync(servers, Cause.Load);
        await using var load = Load.CreateAndFollow(
            servers, clients: 64, TimeSpan.FromMilliseconds(1));
        await watched.HaveMovedAsync();
    }

    /// <summary>
    /// The primary is suspended, not killed, because then statements get no answer. A server goes on
    /// redirecting the links that it knows, and its visits fill the spool.
    /// </summary>
    private static async Task CauseLostPrimaryAsync(ScrapedServers servers)
    {
        var known = await servers.All[Front].CreateCodeAsync("https://example.com/");
        await servers.All[Front].FollowAsync(known!);
        var watched = await WatchAsync(servers, Cause.LostPrimary);
        servers.Postgres.Primary.Pause();
        var visitors = new Followers([known!], clients: 8, _ => servers.All[Front]);
        try
        {
            await watched.HaveMovedAsync();
        }
        finally
        {
            servers.Postgres.Primary.Resume();
            await visitors.StopAsync();
        }
    }

    private static async Task CauseEndsOfServersAsync(ScrapedServers servers)
    {
        var drained = await WatchAsync(servers, Cause.Drain, Drained);
        var killed = await WatchAsync(servers, Cause.KilledServer, Killed);
        var changed = await WatchAsync(servers, Cause.ChangedSettings, Killed);
        servers.All[Drained].RequestStop();
        await drained.HaveMovedAsync();
        await servers.All[Killed].KillAsync();
        await killed.HaveMovedAsync();
        await servers.StartAgainAsync(Killed);
        await changed.HaveMovedAsync();
    }

    /// <summary>Waits until the fault before has ended, and then reads the panels of a cause.</summary>
    private static async Task<WatchedPanels> WatchAsync(
        ScrapedServers servers, Cause cause, int server = Front)
    {
        foreach (var condition in Calm)
        {
            await Eventually.IsTrueAsync(async () =>
                (await servers.Prometheus.QueryAsync(condition)).Count > 0);
        }

        return await WatchedPanels.ReadAsync(
            servers.Prometheus, PanelMove.All.Where(move => move.Cause == cause), servers.InstanceOf(server));
    }
}
