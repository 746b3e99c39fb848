using Terse.Links;

namespace Terse.Visits;

/// <summary>
/// Sends what is spooled to the database, batch by batch, until the database has it. It rests nine times as
/// long as a batch took, so that counting leaves the machine and the database to redirects. When counts would
/// be old it does not rest, unless visits come faster than it could send them: then there is no catching up,
/// and redirects need the machine more. When the disk's part fills it never rests.
/// </summary>
internal sealed partial class VisitShipper(
    VisitSpool spool,
    IVisitStore store,
    VisitMetrics metrics,
    TimeProvider time,
    ILogger<VisitShipper> logger) : BackgroundService
{
    private const int RestFactor = 9;

    private static readonly TimeSpan MaxRest = TimeSpan.FromSeconds(5);

    /// <summary>Visits that are older than this are sent without a rest, where that gets ahead.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(1);

    /// <summary>Between two batches while there is no catching up: some hundredth of a core's time.</summary>
    private static readonly TimeSpan LongRest = TimeSpan.FromSeconds(30);

    /// <summary>Between two looks for a batch, where none waits.</summary>
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan MaxBackoff = TimeSpan.FromSeconds(10);

    /// <summary>How long a stop waits for the database; the next start sends the rest.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private TimeSpan _backoff = Between;
    private long _sentAt = time.GetTimestamp();
    private long _appended = spool.Appended;

    /// <param name="took">How long the last batch took.</param>
    /// <param name="age">How old its visits were.</param>
    /// <param name="isOutrun">Whether visits came faster than the batch was sent.</param>
    /// <param name="isHalfFull">Whether half of what may wait on the disk does.</param>
    public static TimeSpan RestAfter(TimeSpan took, TimeSpan age, bool isOutrun, bool isHalfFull)
    {
        if (isHalfFull)
            return TimeSpan.Zero;
        if (age > MaxAge)
            return isOutrun ? LongRest : TimeSpan.Zero;
        var rest = took * RestFactor;
        return rest < MaxRest ? rest : MaxRest;
    }

    /// <inheritdoc/>
    /// <remarks>The ring has been emptied into the spool before.</remarks>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        using var farewell = new CancellationTokenSource(Farewell, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(farewell.Token, cancellationToken);
        try
        {
            while (spool.Peek() is { } batch)
                await SendAsync(batch, end.Token);
        }
#pragma warning disable CA1031 // The visits stay where they are, whatever went wrong here.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogLeft(spool.Waiting, exception.Message);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
            await Task.Delay(await TrySendNextAsync(stoppingToken), time, stoppingToken);
    }

    /// <summary>Sends a batch, if one waits, and says how long to wait until the next.</summary>
    private async Task<TimeSpan> TrySendNextAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (spool.Peek() is not { } batch)
                return Between;
            var begin = time.GetTimestamp();
            await SendAsync(batch, cancellationToken);
            _backoff = Between;
            var took = time.GetElapsedTime(begin);
            var age = time.GetUtcNow() - batch.Visits[0].At;
            return RestAfter(took, age, IsOutrun(batch.Visits.Count / took.TotalSeconds), spool.IsHalfFull);
        }
#pragma warning disable CA1031 // An exception would end the whole server.
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            if (_backoff == Between)
                LogNotCounted(exception.Message, exception is StoreUnavailableException ? null : exception);
            _backoff = _backoff * 2 < MaxBackoff ? _backoff * 2 : MaxBackoff;
            return _backoff;
        }
    }

    /// <summary>
    /// Whether more visits came a second since the last batch than were sent a second of it.
    /// </summary>
    private bool IsOutrun(double sentPerSecond)
    {
        var (now, appended) = (time.GetTimestamp(), spool.Appended);
        var came = (appended - _appended) / time.GetElapsedTime(_sentAt, now).TotalSeconds;
        (_sentAt, _appended) = (now, appended);
        return came > sentPerSecond;
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
