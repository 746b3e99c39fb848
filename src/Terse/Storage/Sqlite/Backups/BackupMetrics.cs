using System.Diagnostics.Metrics;
using Terse.Hosting;

namespace Terse.Storage.Sqlite;

/// <summary>Counts the backups of the server, and measures the age of the newest one.</summary>
internal sealed class BackupMetrics(IMeterFactory meters)
{
    private static readonly KeyValuePair<string, object?> Succeeded = new("terse.backup.outcome", "ok");
    private static readonly KeyValuePair<string, object?> Failed = new("terse.backup.outcome", "failed");

    private readonly Meter _meter = Telemetry.MeterOf(meters);
    private long _succeeded;
    private long _failed;

    public void CountSucceeded() => Interlocked.Increment(ref _succeeded);

    public void CountFailed() => Interlocked.Increment(ref _failed);

    /// <summary>Creates the instruments, which a server without backups does not have.</summary>
    /// <param name="interval">How often the server makes a backup.</param>
    /// <param name="readAge">Returns the age of the newest backup; null if there is none.</param>
    public void Begin(TimeSpan interval, Func<TimeSpan?> readAge)
    {
        _meter.CreateObservableCounter(
            "terse.backups",
            () => new Measurement<long>[]
            {
                new(Interlocked.Read(ref _succeeded), Succeeded),
                new(Interlocked.Read(ref _failed), Failed),
            },
            "{backup}",
            "Backups that this server has tried to make.");
        _meter.CreateObservableGauge(
            "terse.backup.age",
            () => readAge() is { } age
                ? [new Measurement<double>(age.TotalSeconds)]
                : Array.Empty<Measurement<double>>(),
            "s",
            "The time since the newest backup.");
        _meter.CreateObservableGauge(
            "terse.backup.interval", () => interval.TotalSeconds, "s", "How often a backup is due.");
    }
}
