using Terse.Horizon;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Hears of the changes that any server makes, tells those that keep links, and keeps them pending until
/// every host shows them. A connection to the primary is told of each within milliseconds. Once a second it
/// also reads what was written after the horizon of the reading before.
/// </summary>
/// <remarks>
/// The readings are what the promise rests on: a snapshot has all that was written up to its horizon, and
/// what it shows beyond that is read with it, so from one reading to the next nothing is missed, whether or
/// not anybody was notified, and however long lies between them. A reading that takes too long means that
/// the connection is lost, and the next one, on another connection, goes on from the same horizon. Where it
/// cannot, because too much was changed, too long ago, or by another primary, the floor is raised to the
/// present horizon, and all that was kept may have changed.
/// </remarks>
internal sealed partial class PostgresChangeFeed(
    IChangeSource source,
    PendingChanges pending,
    ILinkChangeListener watcher,
    ChangeMetrics metrics,
    TimeProvider time,
    ILogger<PostgresChangeFeed> logger) : BackgroundService
{
    /// <summary>Between two readings.</summary>
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

    /// <summary>How long a connection or a reading may take before it counts as lost.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1.5);

    /// <summary>Between two tries to connect.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(250);

    /// <summary>More than were made meanwhile are not told one by one.</summary>
    private const int MaxMissed = 10_000;

    /// <summary>What was changed earlier may be trimmed already.</summary>
    private static readonly TimeSpan MaxMissedFor = TimeSpan.FromHours(12);

    /// <summary>Up to then all changes have been told; null before the first reading.</summary>
    private Moment? _told;

    private bool _isLost;

    /// <summary>Listens until it is stopped, on one connection after the other.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        watcher.OnDisconnected();
        while (!cancellationToken.IsCancellationRequested)
        {
            await BackgroundLoop.TryAsync(ListenAsync, OnLost, cancellationToken);
            await Task.Delay(Retry, time, cancellationToken);
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    private void OnLost(Exception exception)
    {
        if (!_isLost)
            LogLost(exception.Message);
        _isLost = true;
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        await using var connection = await WithTimeoutAsync(
            token => source.ListenAsync(Hear, token), cancellationToken);
        await CatchUpAsync(connection, cancellationToken);
        watcher.OnConnected();
        metrics.SetConnected(true);
        LogHeard();
        _isLost = false;
        try
        {
            while (true)
            {
                await connection.HearAsync(Between, cancellationToken);
                await GoOnAsync(connection, cancellationToken);
            }
        }
        finally
        {
            metrics.SetConnected(false);
            watcher.OnDisconnected();
        }
    }

    /// <summary>Tells what was changed since the last connection was lost.</summary>
    private async Task CatchUpAsync(IChangeConnection connection, CancellationToken cancellationToken)
    {
        if (_told is { } told)
        {
            var missed = await ReadAsync(connection, told.At, MaxMissed + 1, cancellationToken);
            if (IsContinued(told, missed))
            {
                Tell(missed);
                return;
            }
        }

        var present = await ReadAsync(connection, since: null, int.MaxValue, cancellationToken);
        pending.RaiseFloor(present.Complete);
        Tell(present);
        watcher.OnAllChanged();
    }

    private static bool IsContinued(Moment told, ChangeBatch missed) =>
        missed.Complete.Timeline == told.Timeline
        && missed.Complete >= told
        && missed.Complete.At - told.At < MaxMissedFor
        && missed.Changes.Count <= MaxMissed;

    private async Task GoOnAsync(IChangeConnection connection, CancellationToken cancellationToken)
    {
        var read = await ReadAsync(connection, _told?.At, int.MaxValue, cancellationToken);
        if (read.Complete.Timeline < source.Timeline)
            throw new HostUnavailableException("The primary has been replaced.");
        Tell(read);
        var passed = source.Passed;
        pending.Drop(passed < read.Complete ? passed : read.Complete); // What is read again is still known.
    }

    private Task<ChangeBatch> ReadAsync(
        IChangeConnection connection,
        DateTimeOffset? since,
        int limit,
        CancellationToken cancellationToken) =>
        WithTimeoutAsync(token => connection.ReadAsync(since, limit, token), cancellationToken);

    private void Tell(ChangeBatch read)
    {
        foreach (var change in read.Changes)
        {
            if (pending.Add(change.Name, change.Written))
                Tell(change);
        }

        _told = read.Complete;
    }

    /// <summary>
    /// This server's own change is pending already, and told all the same: whoever made it may not come to.
    /// </summary>
    private void Hear(ChangeNotice change)
    {
        pending.Add(change.Name, change.Written);
        Tell(change);
    }

    private void Tell(ChangeNotice change)
    {
        metrics.CountHeard();
        watcher.OnChanged(change.Name);
    }

    private Task<T> WithTimeoutAsync<T>(
        Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken) =>
        Deadline.RunAsync(
            Timeout,
            call,
            exception => new HostUnavailableException("The primary did not answer in time.", exception),
            time,
            cancellationToken);

    [LoggerMessage(
        600,
        LogLevel.Warning,
        "Changes of links are not heard; links are kept for 5 s until they are heard again: {Reason}")]
    private partial void LogLost(string reason);

    [LoggerMessage(601, LogLevel.Information, "Changes of links are heard.")]
    private partial void LogHeard();
}
