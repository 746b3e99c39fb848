using Terse.Horizon;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Receives the changes that any server makes, publishes them to this server's cache, and keeps them pending
/// until every host shows them. A connection to the primary receives a notification within milliseconds of a
/// change. In addition, once a second, the feed reads every change after the horizon of the read before.
/// </summary>
/// <remarks>
/// Correctness rests on the reads, not on the notifications. A snapshot contains every change up to its
/// horizon, and the read also returns the changes after it. So between two reads no change is missed, whether
/// or not a notification arrived, and however much time lies between the reads. When a read takes too long,
/// the connection counts as lost; the first read on the next connection continues from the same horizon.
/// Sometimes it cannot continue: too many changes, too long a gap, or another primary. Then the feed raises
/// the floor to the present horizon and reports that any link may have changed.
/// </remarks>
internal sealed partial class PostgresChangeFeed(
    IChangeSource source,
    PendingChanges pending,
    ILinkChangeListener listener,
    ChangeMetrics metrics,
    TimeProvider time,
    ILogger<PostgresChangeFeed> logger) : BackgroundService
{
    /// <summary>The time between two reads.</summary>
    private static readonly TimeSpan ReadInterval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a connection attempt or a read may take before the connection counts as lost.
    /// </summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1.5);

    /// <summary>The time between two attempts to connect.</summary>
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// The number of missed changes that are published one by one. With more, any link may have changed.
    /// </summary>
    private const int MaxMissedChanges = 10_000;

    /// <summary>A longer gap cannot be filled: the database keeps changes for one day.</summary>
    private static readonly TimeSpan MaxGap = TimeSpan.FromHours(12);

    /// <summary>The moment up to which all changes were published; null before the first read.</summary>
    private Moment? _publishedUpTo;

    private bool _isLost;

    /// <summary>Listens until it is cancelled, on one connection after the other.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        listener.OnDisconnected();
        while (!cancellationToken.IsCancellationRequested)
        {
            await BackgroundLoop.TryAsync(ListenAsync, OnLost, cancellationToken);
            await Task.Delay(RetryInterval, time, cancellationToken);
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
            token => source.ListenAsync(OnNotification, token), cancellationToken);
        await CatchUpAsync(connection, cancellationToken);
        listener.OnConnected();
        metrics.SetConnected(true);
        LogConnected();
        _isLost = false;
        try
        {
            while (true)
            {
                await connection.ReceiveAsync(ReadInterval, cancellationToken);
                await ReadNewChangesAsync(connection, cancellationToken);
            }
        }
        finally
        {
            metrics.SetConnected(false);
            listener.OnDisconnected();
        }
    }

    /// <summary>Publishes the changes that were made since the last connection was lost.</summary>
    private async Task CatchUpAsync(IChangeConnection connection, CancellationToken cancellationToken)
    {
        if (_publishedUpTo is { } published)
        {
            var missed = await ReadAsync(
                connection, published.At, MaxMissedChanges + 1, cancellationToken);
            if (IsContinuation(published, missed))
            {
                Publish(missed);
                return;
            }
        }

        var present = await ReadAsync(connection, since: null, int.MaxValue, cancellationToken);
        pending.RaiseFloor(present.CompleteUpTo);
        Publish(present);
        listener.OnAllChanged();
    }

    private static bool IsContinuation(Moment published, ChangeBatch missed) =>
        missed.CompleteUpTo.Timeline == published.Timeline
        && missed.CompleteUpTo >= published
        && missed.CompleteUpTo.At - published.At < MaxGap
        && missed.Changes.Count <= MaxMissedChanges;

    private async Task ReadNewChangesAsync(IChangeConnection connection, CancellationToken cancellationToken)
    {
        var batch = await ReadAsync(connection, _publishedUpTo?.At, int.MaxValue, cancellationToken);
        if (batch.CompleteUpTo.Timeline < source.Timeline)
            throw new HostUnavailableException("Another host has become the primary.");
        Publish(batch);
        // The next read returns the changes after this horizon again, so they must stay pending until then.
        var complete = source.CompleteOnAllHosts;
        pending.RemovePassed(complete < batch.CompleteUpTo ? complete : batch.CompleteUpTo);
    }

    private Task<ChangeBatch> ReadAsync(
        IChangeConnection connection,
        DateTimeOffset? since,
        int limit,
        CancellationToken cancellationToken) =>
        WithTimeoutAsync(token => connection.ReadAsync(since, limit, token), cancellationToken);

    private void Publish(ChangeBatch batch)
    {
        foreach (var change in batch.Changes)
        {
            if (pending.Add(change.Name, change.WrittenAt))
                Publish(change);
        }

        _publishedUpTo = batch.CompleteUpTo;
    }

    /// <summary>
    /// Publishes a change even when it is pending already: this server may have made the change itself, and
    /// the request that made it may end before it reaches the cache.
    /// </summary>
    private void OnNotification(ChangeNotice change)
    {
        pending.Add(change.Name, change.WrittenAt);
        Publish(change);
    }

    private void Publish(ChangeNotice change)
    {
        metrics.CountReceived();
        listener.OnChanged(change.Name);
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
        "The connection for changes of links is lost. Until it is back, cached links live 5 s: {Reason}")]
    private partial void LogLost(string reason);

    [LoggerMessage(601, LogLevel.Information, "The server receives changes of links.")]
    private partial void LogConnected();
}
