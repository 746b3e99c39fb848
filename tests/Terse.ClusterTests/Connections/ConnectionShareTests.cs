using Terse.Harness;
using Terse.Horizon;

namespace Terse.ClusterTests;

/// <summary>Tests that no kind of work can use up the connections of another kind of work.</summary>
public sealed class ConnectionShareTests(TestDatabases databases)
{
    [Fact]
    public async Task Work_that_uses_up_its_connections_delays_no_other_work()
    {
        await using var database = await databases.OpenAsync();
        var cluster = database.Cluster;
        var release = new TaskCompletionSource();
        List<Task> holding = [];
        foreach (var share in Enum.GetValues<ConnectionShare>().Except([ConnectionShare.Limits]))
        {
            for (var number = 0; number < new ConnectionLimits().Of(share) + 3; number++)
                holding.Add(HoldAsync(cluster, share, release.Task));
        }

        var answer = await SelectAsync(cluster, ConnectionShare.Limits, "SELECT 7");
        Assert.Equal(7, answer);
        Assert.DoesNotContain(holding, task => task.IsCompleted);
        release.SetResult();
        await Task.WhenAll(holding);
    }

    [Fact]
    public async Task Calls_fail_at_once_when_too_many_calls_wait_for_the_same_connections()
    {
        await using var database = await databases.OpenAsync();
        var cluster = database.Cluster;
        var release = new TaskCompletionSource();
        List<Task> holding = [];
        for (var number = 0; number <= ConnectionLimits.MaxWaiting; number++)
            holding.Add(HoldAsync(cluster, ConnectionShare.Limits, release.Task));

        await Assert.ThrowsAsync<HostUnavailableException>(
            () => HoldAsync(cluster, ConnectionShare.Limits, release.Task));
        release.SetResult();
        await Task.WhenAll(holding);
    }

    /// <summary>
    /// A host that works on a large report is not lost. Otherwise one report could move all reads to the
    /// primary.
    /// </summary>
    [Fact]
    public async Task A_report_that_takes_too_long_ends_in_PostgreSQL_and_its_replica_stays_in_use()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using (await TestDatabases.MigrateAsync(
            postgres.Primary.ConnectionString, Storage.Postgres.PostgresMigrations.Load()))
        {
        }

        await using var cluster = new Cluster(
            new ClusterOptions
            {
                Hosts = [.. postgres.ConnectionStrings.Select(
                    (host, index) => new HostAddress($"{index}", host))],
                ReportTimeout = TimeSpan.FromMilliseconds(200),
            },
            TimeProvider.System);
        await cluster.StartAsync();
        await Eventually.IsTrueAsync(() => Task.FromResult(cluster.Hosts[1].State.IsInRotation));
        await Assert.ThrowsAsync<TimeoutException>(
            () => SelectAsync(cluster, ConnectionShare.Reports, "SELECT count(pg_sleep(60))::integer"));

        using var read = cluster.PickHost(Freshness.Any);
        Assert.Equal(HostRole.Replica, read.State.Role);
        Assert.Equal(0, await postgres.Replicas[0].ReadAsync(
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND state = 'active' "
            + "AND pid <> pg_backend_pid()"));
    }

    private static Task<int> HoldAsync(Cluster cluster, ConnectionShare share, Task release) =>
        cluster.WriteAsync(
            share,
            release,
            static async (_, release, _) =>
            {
                await release;
                return 0;
            },
            default);

    private static Task<int> SelectAsync(Cluster cluster, ConnectionShare share, string sql) =>
        cluster.ReadAsync(
            share,
            Freshness.Any,
            sql,
            static async (read, sql, token) =>
            {
                await using var select = read.CreateCommand(sql);
                return (int)(await select.ExecuteScalarAsync(token))!;
            },
            default);
}
