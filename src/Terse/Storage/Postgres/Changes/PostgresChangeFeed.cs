using Terse.Horizon;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Receives the changes of links that any Terse server makes, and publishes them to the cache of this Terse
/// server. Each change stays pending until every PostgreSQL host contains the change. A connection to the
/// primary receives a notification within milliseconds of a change. In addition, the feed reads twice per
/// second all changes that were written after the horizon of the previous read.
/// </summary>
/// <remarks>
/// Correctness depends on the reads, not on the notifications. The snapshot of a read contains every change
/// up to the horizon in this snapshot, and the next read returns every change after this horizon. So the feed
/// misses no change, even if a notification does not arrive or much time passes between two reads. A read
/// returns the changes in pages, ordered by time and row number. The feed advances only to the horizon of the
/// first page: a change after the horizon can become visible later than a change behind it, so the next read
/// returns those changes again. The version tells which of them were published already.
/// <para>
/// When a read takes too long, the feed closes the connection. The first read on the next connection
/// continues from the same horizon. Continuing is impossible if there are too many changes, if too much time
/// has passed, or if another host has become the primary. The feed then raises the floor of
/// <see cref="PendingChanges"/> to the current horizon and reports that all links may have changed.
/// </para>
/// </remarks>
internal sealed partial class PostgresChangeFeed(
    IChangeSource source,
    PendingChanges pending,
    ILinkChangeListener listener,
    ChangeMetrics metrics,
    TimeProvider time,
    ILogger<PostgresChangeFeed> logger) : BackgroundService
{
    /// <summary>
    /// How long the feed waits for notifications before it reads the new changes from the primary.
    /// </summary>
    private static readonly TimeSpan ReadInterval = TimeSpan.FromSeconds(0.5);

    /// <summary>
    /// The time limit of a connection attempt and of a read. After a timeout, the feed closes the connection
    /// and opens a new one.
    /// </summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1.5);

    /// <summary>The pause between a failed or lost connection and the next attempt to connect.</summary>
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// The maximum number of changes in one page, and the maximum number of missed changes that the feed
    /// publishes one by one. If more changes were missed, the feed reports that all links may have changed.
    /// </summary>
    private const int MaxPage = 10_000;

    /// <summary>
    /// The longest interruption of the connection after which the feed publishes the missed changes one by
    /// one. The database keeps changes for only one day, and this limit leaves a margin.
    /// </summary>
    private static readonly TimeSpan MaxGap = TimeSpan.FromHours(12);

    /// <summary>The feed has published all changes up to this moment. Null before the first read.</summary>
    private Moment? _publishedUpTo;

    private readonly TaskCompletionSource _isRead = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private bool _isLost;

    /// <summary>
    /// Starts the feed, and waits up to <see cref="Timeout"/> for its first read. The server accepts requests
    /// afterwards: a link that is cached before the first read is unconfirmed, and would not be served if the
    /// database were lost.
    /// </summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken);
        try
        {
            await _isRead.Task.WaitAsync(Timeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The server works without a primary. The feed goes on trying to connect.
        }
    }

    /// <summary>
    /// Listens for changes until the token is cancelled. After each lost connection, opens a new one.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
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
        _isRead.TrySetResult();
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
        }
    }

    /// <summary>
    /// Publishes the changes that were made while there was no connection. If these changes cannot be
    /// published one by one, reports to the listener that all links may have changed.
    /// </summary>
    private async Task CatchUpAsync(IChangeConnection connection, CancellationToken cancellationToken)
    {
        var begin = time.GetTimestamp();
        if (_publishedUpTo is { } published)
        {
            var missed = await ReadAsync(connection, ChangePosition.EndOf(published.At), cancellationToken);
            if (IsContinuation(published, missed))
            {
                Publish(missed);
                _publishedUpTo = missed.CompleteUpTo;
                ReportComplete(begin);
                return;
            }
        }

        var present = await ReadAsync(connection, after: null, cancellationToken);
        pending.Restart(present.CompleteUpTo);
        await PublishAllAsync(connection, present, cancellationToken);
        listener.OnAllChanged();
        ReportComplete(begin);
    }

    /// <summary>
    /// Reports that all changes were published that were acknowledged before this monotonic timestamp, at
    /// which a completed read began.
    /// </summary>
    private void ReportComplete(long completeAt)
    {
        pending.OnComplete(completeAt);
        listener.OnComplete(completeAt);
    }

    private static bool IsContinuation(Moment published, ChangeBatch missed) =>
        missed.CompleteUpTo.Generation == published.Generation
        && missed.CompleteUpTo >= published
        && missed.CompleteUpTo.At - published.At < MaxGap
        && missed.Changes.Count < MaxPage;

    private async Task ReadNewChangesAsync(IChangeConnection connection, CancellationToken cancellationToken)
    {
        var begin = time.GetTimestamp();
        ChangePosition? published = _publishedUpTo is { } upTo ? ChangePosition.EndOf(upTo.At) : null;
        var batch = await ReadAsync(connection, published, cancellationToken);
        if (batch.CompleteUpTo.Generation < source.Generation)
            throw new HostUnavailableException("Another host has become the primary.");
        await PublishAllAsync(connection, batch, cancellationToken);
        ReportComplete(begin);
        // The next read returns the changes after the horizon of this batch again. These changes stay pending
        // until then, so that they are not published twice.
        var complete = source.CompleteOnAllHosts;
        pending.RemovePassed(complete < batch.CompleteUpTo ? complete : batch.CompleteUpTo);
    }

    private Task<ChangeBatch> ReadAsync(
        IChangeConnection connection, ChangePosition? after, CancellationToken cancellationToken) =>
        Traced.RunAsync("feed", () =>
            WithTimeoutAsync(token => connection.ReadAsync(after, MaxPage, token), cancellationToken));

    /// <summary>
    /// Publishes the first page and all pages behind it. The snapshot of each later page also contains
    /// everything up to the horizon of the first page, so this horizon is published then.
    /// </summary>
    private async Task PublishAllAsync(
        IChangeConnection connection, ChangeBatch first, CancellationToken cancellationToken)
    {
        var page = first;
        Publish(page);
        while (page.Changes.Count == MaxPage)
        {
            page = await ReadAsync(connection, page.Last, cancellationToken);
            Publish(page);
        }

        _publishedUpTo = first.CompleteUpTo;
    }

    private void Publish(ChangeBatch batch)
    {
        foreach (var change in batch.Changes)
        {
            if (pending.Add(change.Name, change.Version, change.WrittenAt))
                Publish(change);
        }
    }

    /// <summary>
    /// Publishes a change even if the change is already pending. A pending change may not be in the cache
    /// yet: when this Terse server itself changes a link, the client's request can be aborted after the
    /// pending change was added and before the cache was updated.
    /// </summary>
    private void OnNotification(ChangeNotice change)
    {
        pending.Add(change.Name, change.Version, change.WrittenAt);
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
        "The connection for changes of links is lost. Until it is back, cached links live 3 s: {Reason}")]
    private partial void LogLost(string reason);

    [LoggerMessage(601, LogLevel.Information, "The server receives changes of links.")]
    private partial void LogConnected();
}
