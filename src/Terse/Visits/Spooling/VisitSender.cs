using Terse.Hosting;

namespace Terse.Visits;

/// <summary>
/// Sends the batches of the spool to the database. After each batch the sender pauses. The more visits
/// arrive, the longer the pause is, so that counting takes little CPU time from redirects. When the waiting
/// visits are older than a minute, the sender does not pause, so that it catches up. If visits arrive faster
/// than the sender can send them, the sender cannot catch up; it pauses nevertheless, because redirects have
/// priority. When the spool is half full, the sender never pauses, because a full spool loses visits.
/// </summary>
internal sealed partial class VisitSender(
    VisitSpool spool,
    IVisitStore store,
    VisitMetrics metrics,
    TimeProvider time,
    ILogger<VisitSender> logger) : BackgroundService
{
    /// <summary>
    /// The longest pause after a batch, as a multiple of the time that sending the batch took.
    /// </summary>
    private const int MaxPauseFactor = 19;

    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan LoadCheckInterval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// If the first visit of a batch is older than this limit, the sender does not pause after the batch. But
    /// if visits arrive faster than the sender can send them, the sender pauses nevertheless.
    /// </summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How often the sender checks an empty spool for a new batch. After a first failure, the sender pauses
    /// twice as long. Each further failure in a row doubles the pause, up to <see cref="MaxBackoff"/>.
    /// </summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// How many times the database must refuse a batch before the sender sets the batch aside. Some reasons
    /// pass, for example a partition that another server dropped.
    /// </summary>
    public const int MaxRefusals = 5;

    private static readonly TimeSpan MaxBackoff = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long the sender continues to send batches during shutdown. The next start of the server sends the
    /// remaining batches.
    /// </summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(5);

    private TimeSpan _backoff = Interval;
    private int _refusals;
    private TimeSpan _pause;
    private long _measuredAt = time.GetTimestamp();
    private long _appended = spool.Appended;

    /// <summary>Returns how long the sender pauses after a batch.</summary>
    /// <param name="took">How long sending the batch took.</param>
    /// <param name="age">The age of the first visit in the batch.</param>
    /// <param name="load">
    /// The number of visits that arrive per second, divided by the number of visits that can be sent per
    /// second.
    /// </param>
    /// <param name="isHalfFull">Whether the spool is half full.</param>
    public static TimeSpan PauseAfter(TimeSpan took, TimeSpan age, double load, bool isHalfFull)
    {
        if (isHalfFull)
            return TimeSpan.Zero;
        if (age > MaxAge)
            return load > 1 ? MaxPause : TimeSpan.Zero;
        var pause = took * (MaxPauseFactor * Math.Min(load, 1));
        return pause < MaxPause ? pause : MaxPause;
    }

    /// <inheritdoc/>
    /// <remarks><see cref="VisitSpooler"/> has moved all visits to the spool before this call.</remarks>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        using var timeout = new CancellationTokenSource(ShutdownTimeout, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        await BackgroundLoop.TryAsync(
            async _ =>
            {
                while (spool.Peek() is { } batch)
                    await SendAsync(batch, end.Token);
            },
            exception => LogLeft(spool.Waiting, exception.Message),
            CancellationToken.None);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await BackgroundLoop.TryAsync(SendNextAsync, BackOff, stoppingToken);
            await Task.Delay(_pause, time, stoppingToken);
        }
    }

    /// <summary>
    /// Sends the next batch of the spool, and then waits for a time that depends on how fast new visits
    /// arrive. If the spool is empty, the method does not wait, but sets <see cref="_pause"/> to the polling
    /// interval.
    /// </summary>
    private async Task SendNextAsync(CancellationToken cancellationToken)
    {
        if (spool.Peek() is not { } batch)
        {
            _pause = Interval;
            return;
        }

        var begin = time.GetTimestamp();
        await SendAsync(batch, cancellationToken);
        _backoff = Interval;
        await PauseAsync(batch, time.GetElapsedTime(begin), cancellationToken);
        _pause = TimeSpan.Zero;
    }

    private void BackOff(Exception exception)
    {
        if (_backoff == Interval)
        {
            LogNotCounted(
                exception.Message,
                exception is StoreUnavailableException or VisitsRefusedException ? null : exception);
        }

        _backoff = _backoff * 2 < MaxBackoff ? _backoff * 2 : MaxBackoff;
        _pause = _backoff;
    }

    /// <summary>
    /// Pauses after a batch. Every second, the sender measures again how fast new visits arrive, and adapts
    /// the length of the pause.
    /// </summary>
    private async Task PauseAsync(VisitBatch sent, TimeSpan took, CancellationToken cancellationToken)
    {
        var begin = time.GetTimestamp();
        while (true)
        {
            var age = time.GetUtcNow() - sent.Visits[0].At;
            var pause = PauseAfter(took, age, MeasureLoad(sent, took), spool.IsHalfFull);
            var remaining = pause - time.GetElapsedTime(begin);
            if (remaining <= TimeSpan.Zero)
                return;
            var delay = remaining < LoadCheckInterval ? remaining : LoadCheckInterval;
            await Task.Delay(delay, time, cancellationToken);
        }
    }

    /// <summary>Measures the load since the previous call, as defined for <see cref="PauseAfter"/>.</summary>
    private double MeasureLoad(VisitBatch sent, TimeSpan took)
    {
        var (now, appended) = (time.GetTimestamp(), spool.Appended);
        var elapsed = Math.Max(time.GetElapsedTime(_measuredAt, now).TotalSeconds, 1e-6);
        var load = (appended - _appended) / elapsed * took.TotalSeconds / sent.Visits.Count;
        (_measuredAt, _appended) = (now, appended);
        return load;
    }

    private async Task SendAsync(VisitBatch batch, CancellationToken cancellationToken)
    {
        try
        {
            await Traced.RunAsync("visits", () => store.AddAsync(batch, cancellationToken));
        }
        catch (VisitsRefusedException refused)
        {
            // The batch is always the same one, because the sender sends no other batch before it is done.
            if (++_refusals < MaxRefusals || !spool.TrySetAside(batch, refused.Uncounted))
                throw;
            _refusals = 0;
            metrics.AddRefused(refused.Uncounted.Count);
            LogSetAside(refused.Uncounted.Count, refused.Message, RefusedBatches.FolderName);
            return;
        }

        _refusals = 0;
        spool.Acknowledge();
        metrics.AddCounted(batch.Visits.Count);
    }

    [LoggerMessage(
        812,
        LogLevel.Error,
        "The database refuses {Visits} visits, which are not counted: {Reason} The folder {Folder} in "
            + "Visits:Folder keeps them. To count them after the cause is mended, stop the server, move the "
            + "file to Visits:Folder, and start the server again.")]
    private partial void LogSetAside(int visits, string reason, string folder);

    [LoggerMessage(
        810,
        LogLevel.Warning,
        "Visits wait on the disk because the database does not store them; the server tries again: {Reason}")]
    private partial void LogNotCounted(string reason, Exception? exception);

    [LoggerMessage(
        811,
        LogLevel.Warning,
        "{Visits} visits wait on the disk; the next start of this server sends them: {Reason}")]
    private partial void LogLeft(long visits, string reason);
}
