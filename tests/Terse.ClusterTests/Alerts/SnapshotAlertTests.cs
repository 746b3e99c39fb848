using System.Data;
using Npgsql;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Tests of the alert about old snapshots. Its threshold is an hour, for which a test cannot wait, so this
/// one threshold is replaced.
/// </summary>
public sealed class SnapshotAlertTests(SnapshotAlertFleet fleet)
    : AlertTests, IClassFixture<SnapshotAlertFleet>
{
    private const string CountOldSnapshots =
        """
        SELECT count(*) FROM pg_stat_activity
        WHERE backend_xmin IS NOT NULL AND clock_timestamp() - xact_start > interval '10 s'
        """;

    /// <summary>A server measures snapshots at its start, and then every minute.</summary>
    [Fact]
    [FiresAndEnds("TerseOldSnapshot")]
    public Task A_snapshot_that_stays_open_is_noticed_until_its_transaction_ends() =>
        FireAndEndAsync(fleet, async whileCaused =>
        {
            await using var connection = await fleet.Postgres.Primary.ConnectAsync();
            await using var transaction = await connection.BeginTransactionAsync(
                IsolationLevel.RepeatableRead);
            await using var read = new NpgsqlCommand("SELECT count(*) FROM link", connection, transaction);
            await read.ExecuteScalarAsync();
            await Eventually.IsTrueAsync(async () =>
                await fleet.Postgres.Primary.ReadAsync(CountOldSnapshots) > 0);
            await fleet.Servers[0].StopAsync();
            await fleet.Servers[0].StartAsync();
            await whileCaused();
        });
}

/// <summary>One server. A snapshot counts as old after ten seconds.</summary>
public sealed class SnapshotAlertFleet : AlertFleet
{
    private protected override (string Shipped, string Replaced)[] Thresholds =>
        [("""terse_database_oldest_snapshot_seconds{job="terse"}) > 3600""",
            """terse_database_oldest_snapshot_seconds{job="terse"}) > 10""")];
}
