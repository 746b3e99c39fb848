using Npgsql;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Tests of the alerts about database hosts, and about requests that fail without them.</summary>
public sealed class DatabaseAlertTests(DatabaseAlertFleet fleet)
    : AlertTests, IClassFixture<DatabaseAlertFleet>
{
    private PostgresCluster Postgres => fleet.Postgres;

    [Fact]
    [FiresAndEnds(
        "TerseNoPrimary",
        "TerseHostDown",
        "TerseFeedDisconnected",
        "TerseServerNotReady",
        "TerseCreationBudgetFastBurn",
        "TerseCreationBudgetMediumBurn",
        "TerseCreationBudgetSlowBurn")]
    public Task Without_a_primary_creations_fail_and_redirects_do_not() =>
        FireAndEndAsync(fleet, async whileCaused =>
        {
            await using var creations = Traffic.OfCreations(fleet.Servers);
            await Postgres.Primary.KillAsync();
            try
            {
                await whileCaused();
            }
            finally
            {
                await Postgres.Primary.StartAsync();
            }
        });

    [Fact]
    [FiresAndEnds(
        "TerseNoServerReady",
        "TerseRedirectBudgetFastBurn",
        "TerseRedirectBudgetMediumBurn",
        "TerseRedirectBudgetSlowBurn")]
    public Task Without_any_database_host_redirects_fail() =>
        FireAndEndAsync(fleet, async whileCaused =>
        {
            await using var redirects = Traffic.OfUnknownCodes(fleet.Servers);
            foreach (var host in Postgres.Servers.Reverse())
                await host.KillAsync();
            try
            {
                await whileCaused();
            }
            finally
            {
                foreach (var host in Postgres.Servers)
                    await host.StartAsync();
            }
        });

    [Fact]
    [FiresAndEnds("TerseReplicaLag")]
    public Task A_replica_that_replays_nothing_lags() =>
        FireAndEndAsync(fleet, async whileCaused =>
        {
            await Postgres.Replicas[0].PauseReplayAsync();
            try
            {
                await whileCaused();
                await RunStatementsAsync(Postgres.Primary, "TerseReplicaLag", Postgres.Replicas[0]);
            }
            finally
            {
                await Postgres.Replicas[0].ResumeReplayAsync();
            }
        });

    [Fact]
    [FiresAndEnds("TerseReplicaOutOfRotation")]
    public Task A_replica_that_follows_the_old_primary_after_a_switchover_is_out_of_rotation() =>
        FireAndEndAsync(fleet, async whileCaused =>
        {
            await Postgres.SwitchOverAsync(async () =>
            {
                await whileCaused();
                var hosts = (await fleet.Servers[0].Process.ReadAsync("/api/v1/fleet")).GetProperty("hosts");
                Assert.Contains(
                    hosts.EnumerateArray(), host => host.GetProperty("state").GetString() == "otherTimeline");
            });
            await Postgres.RejoinAsync();
        });

    [Fact]
    [FiresAndEnds("TerseTwoPrimaries")]
    public Task A_replica_that_is_promoted_beside_the_primary_makes_two_primaries() =>
        FireAndEndAsync(fleet, async whileCaused =>
        {
            await Postgres.SplitAsync(async earlier =>
            {
                await whileCaused();
                await RunStatementsAsync(earlier, "TerseTwoPrimaries");
            });
            await Postgres.RejoinAsync();
        });

    /// <summary>Ends the transaction that holds the horizon with the queries of the runbook.</summary>
    [Fact]
    [FiresAndEnds("TerseHorizonStalled")]
    public Task A_transaction_that_stays_open_after_a_write_stalls_the_horizon() =>
        FireAndEndAsync(fleet, async whileCaused =>
        {
            await using var held = await HeldHorizon.StartAsync(Postgres.Primary);
            await whileCaused();
            var statements = ShippedAlert.All.Single(alert => alert.Name == "TerseHorizonStalled").Statements;
            await Postgres.Primary.ExecuteAsync(
                $"SELECT pg_terminate_backend(pid) FROM ({statements.Last()}) AS holders");
        });

    [Fact]
    [FiresAndEnds("TerseDatabasePoolNearLimit", Consequences = ["TerseCreationBudgetFastBurn"])]
    public Task Creations_that_wait_for_a_lock_use_all_their_connections() =>
        FireAndEndAsync(fleet, async whileCaused =>
        {
            await using var creations = Traffic.OfCreations(fleet.Servers);
            await using var blocker = await Postgres.Primary.ConnectAsync();
            await using var transaction = await blocker.BeginTransactionAsync();
            await using var block = new NpgsqlCommand(
                "LOCK TABLE link IN SHARE ROW EXCLUSIVE MODE", blocker, transaction);
            await block.ExecuteNonQueryAsync();
            await whileCaused();
            await RunStatementsAsync(Postgres.Primary, "TerseDatabasePoolNearLimit");
        });
}

/// <summary>Two servers, a primary and two replicas.</summary>
public sealed class DatabaseAlertFleet : AlertFleet
{
    private protected override int ReplicaCount => 2;

    private protected override int ServerCount => 2;

    private protected override bool WatchesHours => true;
}
