using System.Globalization;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// A primary that is backed up, killed and restored to an instant with the commands of
/// <c>docs/operating/backup.md</c>. Only folders, hosts and the instant are replaced.
/// </summary>
internal sealed class ArchivedDatabase : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DocumentedSteps _steps =
        DocumentedSteps.Read("docs/operating/backup.md", "## PostgreSQL");

    private readonly int _restoredPort = FreePort.Find();
    private PostgresServer? _primary;
    private PostgresServer? _restored;
    private PostgresServer? _replica;

    private ArchivedDatabase()
    {
    }

    /// <summary>The hosts of a Terse server: the primary, and the restored primary, which does not run yet.
    /// </summary>
    public IEnumerable<string> Hosts =>
        [_primary!.ConnectionString, PostgresServer.ConnectionStringBy(_restoredPort)];

    public PostgresServer Restored => _restored!;

    /// <summary>Starts a primary with an empty database, and lets it archive its log.</summary>
    public static async Task<ArchivedDatabase> StartAsync()
    {
        var database = new ArchivedDatabase();
        try
        {
            await database.StartPrimaryAsync();
            return database;
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    public Task BackUpAsync() => RunAsync(_steps.Next(
        "sh",
        ("-h db1 -U replicator", string.Create(
            CultureInfo.InvariantCulture, $"-h 127.0.0.1 -p {_primary!.Port} -U terse")),
        ("/backups/base", _folder["base"])));

    /// <summary>Returns the present time of the primary, as text.</summary>
    public async Task<string> ReadInstantAsync() =>
        (await _primary!.ReadTextsAsync("SELECT clock_timestamp()::text")).Single();

    public Task KillAsync() => _primary!.KillAsync();

    /// <summary>Restores the database to an instant, and waits until it accepts writes.</summary>
    public async Task RestoreAsync(string instant)
    {
        await RunAsync(_steps.Next(
            "sh",
            ("/backups/base", _folder["base"]),
            ("/wal/", _folder["wal/"]),
            ("/var/lib/postgresql/15", _folder.Path),
            ("2026-11-27 06:00:00+00", instant)));
        _restored = await PostgresServer.StartAgainAsync(_folder["main"], _restoredPort);
        await Eventually.IsTrueAsync(async () =>
            await _restored.ReadAsync("SELECT pg_is_in_recovery()::integer::bigint") == 0);
        await _restored.RunScriptAsync(_steps.Next("sql"));
        _steps.AssertDone();
    }

    /// <summary>Makes a replica of the restored primary, in the place of the killed one.</summary>
    public async Task<PostgresServer> StartReplicaAsync() =>
        _replica = await Restored.StartReplicaAsync(_folder["replica"], _primary!.Port);

    public async ValueTask DisposeAsync()
    {
        try
        {
            PostgresServer?[] all = [_replica, _restored, _primary];
            await Cleanup.DisposeAllAsync(all.OfType<PostgresServer>());
        }
        finally
        {
            _folder.Dispose();
        }
    }

    private async Task StartPrimaryAsync()
    {
        await Command.RunAsync("chmod", ["a+rwx", _folder.Path]);
        await RunAsync($"mkdir {_folder["wal"]}");
        _primary = await PostgresServer.StartPrimaryAsync(_folder["main"]);
        await _primary.CreateDatabaseAsync();
        await File.AppendAllTextAsync(
            Path.Combine(_folder["main"], "postgresql.conf"),
            "\n" + _steps.Next("ini", ("/wal/", _folder["wal/"])));
        await _primary.StopAsync();
        await _primary.StartAsync();
        // Is in the backup, but this primary does not read it again. No such replica follows after a restore.
        await _primary.ExecuteAsync("ALTER SYSTEM SET synchronous_standby_names = 'db2'");
    }

    /// <summary>Runs commands of the shell as the user of PostgreSQL. Ends at the first error.</summary>
    private static Task RunAsync(string commands) => PostgresPrograms.RunAsPostgresAsync(
        "sh", "-euc", $"PATH={PostgresPrograms.Folder}:$PATH\n{commands}");
}
