namespace Terse.ClusterTests;

/// <summary>Tests of the alert about backups that a server with SQLite does not make.</summary>
public sealed class BackupAlertTests(BackupAlertFleet fleet) : AlertTests, IClassFixture<BackupAlertFleet>
{
    [Fact]
    [FiresAndEnds("TerseBackupOld")]
    public Task Backups_that_fail_are_noticed() => FireAndEndAsync(fleet, async whileCaused =>
    {
        var server = fleet.Servers[0];
        await server.StopAsync();
        await server.StartAsync("--Backup:Folder", "/proc/backups"); // Nobody can create a folder there.
        await whileCaused();
        await server.StopAsync();
        await server.StartAsync("--Backup:Folder", fleet.Folder["backups"]);
    });
}

/// <summary>One server with SQLite.</summary>
public sealed class BackupAlertFleet : AlertFleet
{
    private protected override bool HasPostgres => false;
}
