using Terse.Hosting;

namespace Terse.Events;

/// <summary>
/// Creates the deliveries of new events, and counts what waits. While there is no webhook, it only checks
/// for one.
/// </summary>
internal sealed partial class DeliveryDispatcher(
    IDeliveryQueue queue,
    IDeliveryLog deliveries,
    IWebhookStore webhooks,
    HeldReceivers receivers,
    DeliverySignal signal,
    DeliveryMetrics metrics,
    Drain drain,
    TimeProvider time,
    ILogger<DeliveryDispatcher> logger) : BackgroundService
{
    /// <summary>How often the server polls for new events. An event waits half as long on average.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// How many events are dispatched in one transaction. More would delay other transactions of the server
    /// for longer; fewer would cost more transactions.
    /// </summary>
    private const int MaxEvents = 500;

    /// <summary>
    /// How many deliveries one transaction creates at most, if all webhooks want all events.
    /// </summary>
    private const int MaxDeliveries = 10_000;

    /// <summary>
    /// How often the server reads the webhooks. After this time, it sends nothing more of the lines that it
    /// took before a webhook was changed.
    /// </summary>
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan CountInterval = TimeSpan.FromSeconds(15);

    /// <summary>Counting takes at most one part of this many parts of the time.</summary>
    private const int CountPauseFactor = 20;

    private volatile bool _hasWebhooks;
    private volatile int _maxEvents = MaxEvents;
    private long _countedAt;
    private TimeSpan _countPause;

    /// <summary>Whether there was a webhook that has not ended at the last check.</summary>
    public bool HasWebhooks => _hasWebhooks;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        new BackgroundLoop(CheckInterval, time, OnDispatchFailure).RunAsync(CheckAsync, stoppingToken),
        new BackgroundLoop(Interval, time, OnDispatchFailure).RunAsync(DispatchAsync, stoppingToken),
        new BackgroundLoop(CountInterval, time, OnCountFailure).WaitAndRunAsync(CountAsync, stoppingToken));

    private async Task DispatchAsync(CancellationToken cancellationToken)
    {
        var isLast = false;
        while (_hasWebhooks && !isLast && !drain.HasBegun)
        {
            var limit = _maxEvents;
            var events = await queue.DispatchAsync(
                limit, (webhook, stored) => webhook.Filter.Matches(stored), cancellationToken);
            metrics.AddDispatched(events);
            if (events > 0)
                signal.Set();
            isLast = events < limit;
        }
    }

    /// <remarks>
    /// This waits for its connection behind reports, so the dispatch does not wait for it.
    /// </remarks>
    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        var held = receivers.Webhooks;
        var all = await webhooks.ListAsync(cancellationToken);
        metrics.SetWebhooks(all);
        var open = all.Count(webhook => webhook.State != WebhookState.Ended);
        var versions = all.ToDictionary(
            webhook => webhook.Id, webhook => webhook.Version, StringComparer.Ordinal);
        foreach (var id in held)
            receivers.SetVersion(id, versions.TryGetValue(id, out var version) ? version : null);
        _hasWebhooks = open > 0;
        _maxEvents = Math.Clamp(MaxDeliveries / Math.Max(open, 1), 1, MaxEvents);
    }

    private async Task CountAsync(CancellationToken cancellationToken)
    {
        var begin = time.GetTimestamp();
        if (!_hasWebhooks)
        {
            metrics.SetCounts(null);
        }
        else if (time.GetElapsedTime(_countedAt, begin) >= _countPause)
        {
            try
            {
                metrics.SetCounts(await deliveries.CountAsync(cancellationToken));
            }
            finally
            {
                (_countedAt, _countPause) = (begin, time.GetElapsedTime(begin) * CountPauseFactor);
            }
        }
    }

    private void OnDispatchFailure(Exception exception, bool isFirst)
    {
        if (exception is not StoreUnavailableException unavailable)
            LogBroken(exception);
        else if (isFirst && unavailable.IsOfEarlierSchema)
            LogEarlierSchema(exception.Message);
        else if (isFirst)
            LogUnavailable(exception.Message);
    }

    private void OnCountFailure(Exception exception, bool isFirst)
    {
        metrics.SetCounts(null);
        if (exception is not StoreUnavailableException && isFirst)
            LogBroken(exception);
    }

    [LoggerMessage(
        1040,
        LogLevel.Warning,
        "New events wait, because the database cannot be reached; the server tries again: {Reason}")]
    private partial void LogUnavailable(string reason);

    [LoggerMessage(1041, LogLevel.Error, "The deliveries of new events could not be created or counted.")]
    private partial void LogBroken(Exception exception);

    [LoggerMessage(1047, LogLevel.Information, "No events are sent to webhooks yet: {Reason}")]
    private partial void LogEarlierSchema(string reason);
}
