using Npgsql;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Tests of the alerts about visits that wait, are lost, or are refused.</summary>
public sealed class VisitAlertTests(VisitAlertFleet fleet) : AlertTests, IClassFixture<VisitAlertFleet>
{
    private const string CountVisits = "SELECT coalesce(sum(visits), 0)::bigint FROM visit_total";

    /// <summary>More than the spool and the memory for visits can hold.</summary>
    private const int MaxVisits = 500_000;

    private PostgresServer Primary => fleet.Postgres.Primary;

    private AlertServer Server => fleet.Servers[0];

    [Fact]
    [FiresAndEnds("TerseSpoolGrowing", "TerseVisitsLost")]
    public Task Visits_that_the_database_does_not_store_fill_the_spool_and_are_lost_when_it_is_full() =>
        FireAndEndAsync(fleet, async whileCaused =>
        {
            var code = await RetryingClient.CreateAsync(Server.Process, "https://example.com/");
            await using var blocker = await Primary.ConnectAsync();
            await using var transaction = await blocker.BeginTransactionAsync();
            await using var block = new NpgsqlCommand(
                "LOCK TABLE visit_total IN SHARE ROW EXCLUSIVE MODE", blocker, transaction);
            await block.ExecuteNonQueryAsync();
            for (var sent = 0; sent < MaxVisits && await ReadLostAsync() == 0; sent += 2000)
                await Follower.FollowAsync(Server.Process, code, clients: 8, timesEach: 250);
            await whileCaused();
        });

    /// <summary>Mends the cause as the runbook says: moves the files back, and restarts the server.</summary>
    [Fact]
    [FiresAndEnds("TerseVisitsRefused")]
    public Task Visits_that_the_database_refuses_are_set_aside_and_counted_after_the_cause_is_mended() =>
        FireAndEndAsync(fleet, async whileCaused =>
        {
            var before = await Primary.ReadAsync(CountVisits);
            await Primary.ExecuteAsync(
                "ALTER TABLE visit ADD CONSTRAINT no_firefox CHECK (browser <> 'Firefox') NOT VALID");
            var code = await RetryingClient.CreateAsync(Server.Process, "https://example.com/");
            Assert.Equal(3, await Follower.FollowAsync(Server.Process, code, clients: 1, timesEach: 3));
            await whileCaused();

            await Primary.ExecuteAsync("ALTER TABLE visit DROP CONSTRAINT no_firefox");
            await Server.StopAsync();
            var visits = Path.Combine(Server.Folder, "visits");
            var refused = Directory.GetFiles(Path.Combine(visits, "refused"));
            Assert.NotEmpty(refused);
            foreach (var file in refused)
                File.Move(file, Path.Combine(visits, Path.GetFileName(file)));
            await Server.StartAsync();
            await Eventually.IsTrueAsync(async () => await Primary.ReadAsync(CountVisits) == before + 3);
        });

    private Task<double> ReadLostAsync() => fleet.Watch.ReadAsync("sum(terse_visits_lost_total)");
}

/// <summary>One server with the smallest spool.</summary>
public sealed class VisitAlertFleet : AlertFleet
{
    private protected override string[] SettingsOf(int server) => ["--Visits:SpoolBytes", "1048576"];
}
