using Terse.Hosting;

namespace Terse.Visits;

/// <summary>
/// Sends what is spooled to the database, batch by batch, until the database has it. The faster visits come,
/// the longer it rests, so that counting leaves the machine and the database to redirects, and has all of
/// them when nobody follows a link. When counts would be old it does not rest, unless visits come faster than
/// it could send them: then there is no catching up, and redirects need the machine more. When the disk's
/// part fills it never rests.
/// </summary>
internal sealed partial class VisitSender(
    VisitSpool spool,
    IVisitStore store,
    VisitMetrics metrics,
    TimeProvider time,
    ILogger<VisitSender> logger) : BackgroundService
{
    /// <summary>Times what a batch took, where visits come as fast as they are sent, or faster.</summary>
    private const int MaxRestFactor = 19;

    private static readonly TimeSpan MaxRest = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

    /// <summary>Visits that are older than this are sent without a rest, where that gets ahead.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(1);

    /// <summary>Between two looks for a batch, where none waits.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan MaxBackoff = TimeSpan.FromSeconds(10);

    /// <summary>How long a stop waits for the database; the next start sends the rest.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private TimeSpan _backoff = Interval;
    private TimeSpan _pause;
    private long _lookedAt = time.GetTimestamp();
    private long _appended = spool.Appended;

    /// <param name="took">How long the last batch took.</param>
    /// <param name="age">How old its visits are.</param>
    /// <param name="load">How many visits came, for each that could have been sent.</param>
    /// <param name="isHalfFull">Whether half of what may wait on the disk does.</param>
    public static TimeSpan RestAfter(TimeSpan took, TimeSpan age, double load, bool isHalfFull)
    {
        if (isHalfFull)
            return TimeSpan.Zero;
        if (age > MaxAge)
            return load > 1 ? MaxRest : TimeSpan.Zero;
        var rest = took * (MaxRestFactor * Math.Min(load, 1));
        return rest < MaxRest ? rest : MaxRest;
    }

    /// <inheritdoc/>
    /// <remarks>The ring has been emptied into the spool before.</remarks>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        using var farewell = new CancellationTokenSource(Farewell, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(farewell.Token, cancellationToken);
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

    /// <summary>Sends a batch, if one waits, and sets the pause before the next.</summary>
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
        await RestAsync(batch, time.GetElapsedTime(begin), cancellationToken);
        _pause = TimeSpan.Zero;
    }

    private void BackOff(Exception exception)
    {
        if (_backoff == Interval)
            LogNotCounted(exception.Message, exception is StoreUnavailableException ? null : exception);
        _backoff = _backoff * 2 < MaxBackoff ? _backoff * 2 : MaxBackoff;
        _pause = _backoff;
    }

    /// <summary>Rests while visits come, and looks now and then whether they still do.</summary>
    private async Task RestAsync(VisitBatch sent, TimeSpan took, CancellationToken cancellationToken)
    {
        var begin = time.GetTimestamp();
        while (true)
        {
            var age = time.GetUtcNow() - sent.Visits[0].At;
            var rest = RestAfter(took, age, LookAtLoad(sent, took), spool.IsHalfFull);
            var left = rest - time.GetElapsedTime(begin);
            if (left <= TimeSpan.Zero)
                return;
            await Task.Delay(left < BetweenLooks ? left : BetweenLooks, time, cancellationToken);
        }
    }

    /// <summary>How many visits came since the last look, for each that could have been sent.</summary>
    private double LookAtLoad(VisitBatch sent, TimeSpan took)
    {
        var (now, appended) = (time.GetTimestamp(), spool.Appended);
        var elapsed = Math.Max(time.GetElapsedTime(_lookedAt, now).TotalSeconds, 1e-6);
        var load = (appended - _appended) / elapsed * took.TotalSeconds / sent.Visits.Count;
        (_lookedAt, _appended) = (now, appended);
        return load;
    }

    private async Task SendAsync(VisitBatch batch, CancellationToken cancellationToken)
    {
        await store.AddAsync(batch, cancellationToken);
        spool.Acknowledge();
        metrics.AddCounted(batch.Visits.Count);
    }

    [LoggerMessage(
        810,
        LogLevel.Warning,
        "Visits wait on the disk until the database takes them; it is tried again: {Reason}")]
    private partial void LogNotCounted(string reason, Exception? exception);

    [LoggerMessage(
        811,
        LogLevel.Warning,
        "{Visits} visits wait on the disk for the next start of this server: {Reason}")]
    private partial void LogLeft(long visits, string reason);
}
