using Terse.Hosting;

namespace Terse.Visits;

/// <summary>
/// Empties the ring into the spool, in batches: what a visit is told from becomes what is kept. Slots are
/// released when their batch is in the file, so that a visit is in the ring, or in a batch, or in both, and
/// then the batch says so.
/// </summary>
/// <param name="ring">Where visits come from.</param>
/// <param name="spool">Where they go.</param>
/// <param name="classifier">Used by nobody else.</param>
/// <param name="run">What the server holds at present; visits wait until it holds something.</param>
/// <param name="time">For the time between batches.</param>
/// <param name="logger">For what goes wrong.</param>
internal sealed partial class VisitSpooler(
    VisitRing ring,
    VisitSpool spool,
    VisitClassifier classifier,
    Func<VisitRun?> run,
    TimeProvider time,
    ILogger<VisitSpooler> logger) : BackgroundService
{
    /// <summary>Visits of a batch at most.</summary>
    public const int MaxBatch = 5_000;

    /// <summary>How long a visit waits for others to fill its batch.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(1);

    /// <summary>Between two looks at the ring; 50,000 visits a second fill it in ten times that.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan BetweenWarnings = TimeSpan.FromMinutes(1);

    private readonly List<Visit> _batch = [];
    private VisitRun? _run;
    private long _lastBatchAt = time.GetTimestamp();
    private long? _warnedAt;

    /// <summary>A ring that has no room for two such batches is not let run full while visits wait.</summary>
    private int EnoughForBatch => Math.Min(MaxBatch, ring.Slots / 2);

    /// <inheritdoc/>
    /// <remarks>Redirects have ended before; what is in the ring then, goes into the spool.</remarks>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await BackgroundLoop.TryAsync(_ => SpoolOrWarnAsync(), WarnOfFailure, CancellationToken.None);
    }

    /// <summary>Empties the ring, whatever there is; false where the spool does not take it.</summary>
    /// <exception cref="IOException">There is no room on the disk.</exception>
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
        return waiting >= EnoughForBatch || (waiting > 0 && time.GetElapsedTime(_lastBatchAt) >= MaxWait);
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
        if (_warnedAt is { } warnedAt && time.GetElapsedTime(warnedAt) < BetweenWarnings)
            return false;
        _warnedAt = time.GetTimestamp();
        return true;
    }

    [LoggerMessage(
        800,
        LogLevel.Warning,
        "Visits wait in memory, and are lost when there is no room: as many as Visits:SpoolBytes allows wait "
            + "for the database.")]
    private partial void LogSpoolFull();

    [LoggerMessage(
        801, LogLevel.Warning, "Visits wait in memory, and are lost when there is no room: {Reason}")]
    private partial void LogNoRoom(string reason);

    [LoggerMessage(802, LogLevel.Error, "Visits wait in memory, and are lost when there is no room.")]
    private partial void LogFailed(Exception exception);
}
