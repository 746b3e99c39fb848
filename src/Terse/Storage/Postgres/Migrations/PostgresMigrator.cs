using Terse.Horizon;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>
/// Repeats the migration until no other transaction holds a lock that the migration needs. A backup, for
/// example, may hold its locks for hours. A Terse server that can work with the previous schema starts
/// nevertheless, and migrates in the background.
/// </summary>
internal sealed partial class PostgresMigrator(
    Cluster cluster, TimeProvider time, ILogger<PostgresMigrator> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private volatile MigrationBlock? _block;
    private TimeSpan _pause = ShortestPause;

    /// <summary>Migrates the database, and waits as long as other transactions block the migration.</summary>
    /// <inheritdoc cref="PostgresMigrations.TryApplyAsync(Cluster, TimeProvider, CancellationToken)"/>
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        while (await TryMigrateAsync(cancellationToken) is { } block)
            await WaitAsync(block, cancellationToken);
    }

    /// <summary>
    /// Migrates the database before a start. If other transactions block the migration and the server can
    /// work with the present schema, leaves the migration to the background.
    /// </summary>
    /// <inheritdoc cref="PostgresMigrations.TryApplyAsync(Cluster, TimeProvider, CancellationToken)"/>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        _block = await TryMigrateAsync(cancellationToken);
        if (_block is not null && !await PostgresMigrations.ServesAsync(cluster, cancellationToken))
            await MigrateLaterAsync(_block, cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        new BackgroundLoop(Interval, time, OnFailure).WaitAndRunAsync(
            token => _block is { } block ? MigrateLaterAsync(block, token) : Task.CompletedTask,
            stoppingToken);

    private async Task MigrateLaterAsync(MigrationBlock block, CancellationToken cancellationToken)
    {
        await WaitAsync(block, cancellationToken);
        await MigrateAsync(cancellationToken);
        _block = null;
    }

    /// <summary>
    /// Waits before the next attempt. While it is unknown what blocks the migration, each pause is twice as
    /// long as the pause before.
    /// </summary>
    private Task WaitAsync(MigrationBlock block, CancellationToken cancellationToken)
    {
        var pause = block.IsUnknown ? _pause : ShortestPause;
        var next = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        _pause = block.IsUnknown ? next : ShortestPause;
        return block.WaitAsync(cluster, time, pause, cancellationToken);
    }

    private async Task<MigrationBlock?> TryMigrateAsync(CancellationToken cancellationToken)
    {
        var block = await PostgresMigrations.TryApplyAsync(cluster, time, cancellationToken);
        if (block is not null)
            LogBlocked(block.Description);
        return block;
    }

    private void OnFailure(Exception exception, bool isFirst)
    {
        if (isFirst)
            LogFailed(exception.Message);
    }

    [LoggerMessage(
        660,
        LogLevel.Warning,
        "The migration of the database waits for {Blocking}. Meanwhile, the migration holds no lock.")]
    private partial void LogBlocked(string blocking);

    [LoggerMessage(661, LogLevel.Warning, "The migration failed and is tried again every 5 s: {Reason}")]
    private partial void LogFailed(string reason);
}
