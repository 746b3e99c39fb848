using System.Globalization;
using Microsoft.Extensions.Options;
using Terse.Hosting;

namespace Terse.Storage.Sqlite;

/// <summary>
/// Backs the database up at intervals, if the settings name a folder. The time of the newest backup is in its
/// name, so a restart of the server does not begin the interval anew. A failed backup is tried again after a
/// minute.
/// </summary>
internal sealed partial class BackupWorker(
    SqliteDatabase database,
    IOptions<BackupOptions> options,
    BackupMetrics metrics,
    TimeProvider time,
    ILogger<BackupWorker> logger) : BackgroundService
{
    /// <summary>How often the worker checks whether a backup is due.</summary>
    public static readonly TimeSpan CheckInterval = TimeSpan.FromMinutes(1);

    private const string Prefix = "terse-";
    private const string TimeFormat = "yyyyMMdd'T'HHmmss'Z'";
    private const string Ending = ".db.gz";

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.Folder is { } folder)
            metrics.Begin(options.Value.Interval, () => time.GetUtcNow() - FindNewest(folder));
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.Folder is not { } folder)
            return;
        await Task.Yield(); // A backup is blocking work, which must not delay the start.
        await new BackgroundLoop(CheckInterval, time, OnFailure).RunAsync(
            _ =>
            {
                if (!(time.GetUtcNow() < FindNewest(folder) + options.Value.Interval))
                    BackUp(folder);
                return Task.CompletedTask;
            },
            stoppingToken);
    }

    private void BackUp(string folder)
    {
        OwnFiles.CreateFolder(folder);
        DeleteUnfinished(folder);
        var name = time.GetUtcNow().ToString(TimeFormat, CultureInfo.InvariantCulture);
        var path = Path.Combine(folder, Prefix + name + Ending);
        var contents = SqliteBackup.Write(database.Path, path);
        metrics.CountSucceeded();
        LogWritten(path, contents.Links);
        foreach (var old in FindAll(folder).SkipLast(options.Value.Keep))
            File.Delete(old.Path);
    }

    /// <summary>Deletes what a process that was killed has left.</summary>
    private static void DeleteUnfinished(string folder)
    {
        foreach (var ending in new[] { SqliteBackup.CopyEnding, SqliteBackup.NewEnding })
        {
            foreach (var file in Directory.GetFiles(folder, $"{Prefix}*{Ending}{ending}"))
                SqliteBackup.DeleteAll(file);
        }
    }

    private static DateTimeOffset? FindNewest(string folder) =>
        FindAll(folder).Select(found => (DateTimeOffset?)found.At).LastOrDefault();

    /// <summary>Returns the backups of the folder, the oldest one first.</summary>
    private static List<(DateTimeOffset At, string Path)> FindAll(string folder)
    {
        if (!Directory.Exists(folder))
            return [];
        var found = new List<(DateTimeOffset At, string Path)>();
        foreach (var path in Directory.GetFiles(folder, $"{Prefix}*{Ending}"))
        {
            var name = Path.GetFileName(path)[Prefix.Length..^Ending.Length];
            if (DateTimeOffset.TryParseExact(
                name, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
            {
                found.Add((at, path));
            }
        }

        found.Sort();
        return found;
    }

    private void OnFailure(Exception exception, bool isFirst)
    {
        metrics.CountFailed();
        if (isFirst)
            LogFailed(exception.Message);
    }

    [LoggerMessage(670, LogLevel.Information, "Wrote the backup {Path} with {Links} links.")]
    private partial void LogWritten(string path, long links);

    [LoggerMessage(671, LogLevel.Error, "The backup failed and is tried again every minute: {Reason}")]
    private partial void LogFailed(string reason);
}
