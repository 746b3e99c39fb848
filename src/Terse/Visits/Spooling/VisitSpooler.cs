using Terse.Hosting;

namespace Terse.Visits;

/// <summary>
/// Classifies visits, and moves them in batches from the ring buffer to the spool. The slots of a batch are
/// released only after the batch is written to the file, so a kill of the process loses no visit. A kill can
/// leave a visit both in the ring buffer and in the spool. The next start of the server detects the
/// duplicate, because the batch in the spool contains the ring buffer's position after the last visit of the
/// batch.
/// </summary>
/// <param name="ring">The ring buffer from which visits are read.</param>
/// <param name="spool">The spool to which batches are written.</param>
/// <param name="classifier">
/// Classifies the visits. No other object may use this classifier, because it is not thread-safe.
/// </param>
/// <param name="run">
/// Returns the identity of this run of the server, which the batches carry; null until the server has
/// reserved a node. Until then, visits wait in the ring buffer.
/// </param>
/// <param name="time">Measures the time between batches.</param>
/// <param name="logger">Logs failures.</param>
internal sealed partial class VisitSpooler(
    VisitRing ring,
    VisitSpool spool,
    VisitClassifier classifier,
    Func<VisitRun?> run,
    TimeProvider time,
    ILogger<VisitSpooler> logger) : BackgroundService
{
    /// <summary>The maximum number of visits in a batch.</summary>
    public const int MaxBatch = 5_000;

    /// <summary>The maximum time that a visit waits until the spooler writes a batch.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How often the spooler checks the ring buffer. At 50,000 visits per second, a ring buffer of the
    /// default size is full after 650 ms, so the interval is much shorter.
    /// </summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan WarningInterval = TimeSpan.FromMinutes(1);

    private readonly List<Visit> _batch = [];
    private VisitRun? _run;
    private long _lastBatchAt = time.GetTimestamp();
    private long? _warnedAt;

    /// <summary>
    /// If at least this number of visits waits in the ring buffer, the spooler writes a batch without waiting
    /// for <see cref="MaxWait"/>. The number is at most half of the slots, so that the ring buffer does not
    /// become full before the next check.
    /// </summary>
    private int EarlyBatchSize => Math.Min(MaxBatch, ring.Slots / 2);

    /// <inheritdoc/>
    /// <remarks>
    /// The web server has already stopped when the host calls this method, so the last visits are already in
    /// the ring buffer.
    /// </remarks>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await BackgroundLoop.TryAsync(_ => SpoolOrWarnAsync(), WarnOfFailure, CancellationToken.None);
    }

    /// <summary>Moves all visits of the ring buffer to the spool; false if the spool is full.</summary>
    /// <exception cref="IOException">The disk is full, or writing to the file failed.</exception>
    public bool SpoolAll()
    {
        _run ??= run();
        while (_run is { } held)
        {
            var end = ring.Begin;
            ReadBatch(ref end);
            if (_batch.Count == 0)
                return true;
            if (!spool.TryAppend(held, ring.Id, end, _batch))
                return false;
            ring.Release(end);
            _lastBatchAt = time.GetTimestamp();
        }

        return true;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        new BackgroundLoop(Interval, time, (exception, _) => WarnOfFailure(exception)).WaitAndRunAsync(
            _ => IsTimeForBatch() ? SpoolOrWarnAsync() : Task.CompletedTask, stoppingToken);

    private bool IsTimeForBatch()
    {
        var waiting = ring.Waiting;
        return waiting >= EarlyBatchSize || (waiting > 0 && time.GetElapsedTime(_lastBatchAt) >= MaxWait);
    }

    private Task SpoolOrWarnAsync()
    {
        if (!SpoolAll() && IsTimeToWarn())
            LogSpoolFull();
        return Task.CompletedTask;
    }

    /// <summary>
    /// Logs a failure, at most once per minute. The visits stay in the ring buffer, and redirects continue.
    /// </summary>
    private void WarnOfFailure(Exception exception)
    {
        if (!IsTimeToWarn())
            return;
        if (exception is IOException)
            LogNoRoom(exception.Message);
        else
            LogFailed(exception);
    }

    private void ReadBatch(ref long end)
    {
        _batch.Clear();
        while (_batch.Count < MaxBatch && ring.TryRead(end, out var visit))
        {
            _batch.Add(Classify(visit));
            end++;
        }
    }

    private Visit Classify(in RawVisit visit) => visit.IsPrivate
        ? new Visit(
            Tsid.FromInt64(visit.Link),
            DateTimeOffset.FromUnixTimeMilliseconds(visit.At),
            visit.Outcome,
            visit.IsBot,
            Country: "",
            Referrer: "",
            Browser: "",
            Os: "",
            Device: "")
        : classifier.Classify(
            visit.Link,
            visit.At,
            visit.Outcome,
            visit.IsBot,
            visit.Country,
            visit.Referrer,
            visit.UserAgent,
            visit.Rule);

    private bool IsTimeToWarn()
    {
        if (_warnedAt is { } warnedAt && time.GetElapsedTime(warnedAt) < WarningInterval)
            return false;
        _warnedAt = time.GetTimestamp();
        return true;
    }

    [LoggerMessage(
        800,
        LogLevel.Warning,
        "The spool of visits is full, and new visits are lost when the memory for visits is full; check the "
            + "database, or increase Visits:SpoolBytes.")]
    private partial void LogSpoolFull();

    [LoggerMessage(
        801,
        LogLevel.Warning,
        "Visits cannot be written to the disk, and are lost when the memory for visits is full: {Reason}")]
    private partial void LogNoRoom(string reason);

    [LoggerMessage(802,
        LogLevel.Error,
        "Visits cannot be written to the disk, and are lost when the memory for visits is full.")]
    private partial void LogFailed(Exception exception);
}
