using Terse.Hosting;

namespace Terse.Visits;

/// <summary>
/// Moves visits from the ring to the spool, in batches, and classifies them. The slots of a batch are
/// released after the batch was written to the file. So a kill loses no visit. If a visit is in both places,
/// the ring position in the batch shows the duplicate.
/// </summary>
/// <param name="ring">The source.</param>
/// <param name="spool">The destination.</param>
/// <param name="classifier">Used only by this object.</param>
/// <param name="run">The current run; visits wait in the ring while the run is null.</param>
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
    /// <summary>The maximum number of visits of a batch.</summary>
    public const int MaxBatch = 5_000;

    /// <summary>The maximum time for which a visit waits for other visits of its batch.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(1);

    /// <summary>The polling interval. 50,000 visits per second fill the default ring in 650 ms.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan WarningInterval = TimeSpan.FromMinutes(1);

    private readonly List<Visit> _batch = [];
    private VisitRun? _run;
    private long _lastBatchAt = time.GetTimestamp();
    private long? _warnedAt;

    /// <summary>The number of waiting visits that starts a batch early: at most half of the ring.</summary>
    private int EarlyBatchSize => Math.Min(MaxBatch, ring.Slots / 2);

    /// <inheritdoc/>
    /// <remarks>Redirects have ended before this call, so this is the last batch.</remarks>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await BackgroundLoop.TryAsync(_ => SpoolOrWarnAsync(), WarnOfFailure, CancellationToken.None);
    }

    /// <summary>Moves all visits of the ring to the spool; false if the spool is full.</summary>
    /// <exception cref="IOException">The disk is full.</exception>
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

    /// <summary>After a failure the visits stay in the ring, and redirects go on.</summary>
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
            IsBot: false,
            Country: "",
            Referrer: "",
            Browser: "",
            Os: "",
            Device: "")
        : classifier.Classify(
            visit.Link, visit.At, visit.Outcome, visit.Country, visit.Referrer, visit.UserAgent);

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
