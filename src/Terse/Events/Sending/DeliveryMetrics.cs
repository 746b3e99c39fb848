using System.Diagnostics.Metrics;
using Terse.Hosting;

namespace Terse.Events;

/// <summary>Counts the requests to webhooks, and shows what waits for them.</summary>
internal sealed class DeliveryMetrics
{
    private const string Outcome = "terse.delivery.outcome";
    private const string Delivered = "delivered";
    private const string Retried = "retried";
    private const string Dead = "dead";

    private static readonly double[] Boundaries =
        [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 15];

    private readonly Meter _meter;
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _durations;
    private readonly Counter<long> _dispatched;
    private volatile DeliveryCounts? _counts;
    private volatile IReadOnlyList<Webhook> _webhooks = [];

    public DeliveryMetrics(IMeterFactory meters, HeldReceivers receivers)
    {
        _meter = Telemetry.MeterOf(meters);
        _requests = _meter.CreateCounter<long>(
            "terse.deliveries.requests", "{request}", "Requests to webhooks, by outcome.");
        foreach (var outcome in new[] { Delivered, Retried, Dead })
            _requests.Add(0, new KeyValuePair<string, object?>(Outcome, outcome));
        _durations = _meter.CreateHistogram(
            "terse.deliveries.duration",
            "s",
            "Durations of requests to webhooks.",
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = Boundaries });
        _dispatched = _meter.CreateCounter<long>(
            "terse.events.dispatched", "{event}", "Events for which this server created the deliveries.");
        _dispatched.Add(0);
        _meter.CreateObservableGauge(
            "terse.webhooks", CountWebhooks, "{webhook}", "Webhooks in the database, by state.");
        _meter.CreateObservableUpDownCounter(
            "terse.deliveries.in_flight",
            () => (long)receivers.Lines,
            "{line}",
            "Lines of deliveries that the server holds; each has at most one request in flight.");
        AddCounts();
    }

    public void Add(WebhookResponse response, DeliveryState state)
    {
        var outcome = state switch
        {
            DeliveryState.Delivered => Delivered,
            DeliveryState.Waiting => Retried,
            _ => Dead,
        };
        var tag = new KeyValuePair<string, object?>(Outcome, outcome);
        _requests.Add(1, tag);
        _durations.Record(response.Attempt.Latency.TotalSeconds, tag);
    }

    public void AddDispatched(int events) => _dispatched.Add(events);

    /// <summary>Shows how many webhooks there are.</summary>
    public void SetWebhooks(IReadOnlyList<Webhook> webhooks) => _webhooks = webhooks;

    /// <summary>Shows counts of the database; null if they are unknown.</summary>
    public void SetCounts(DeliveryCounts? counts) => _counts = counts;

    private IEnumerable<Measurement<int>> CountWebhooks()
    {
        var webhooks = _webhooks;
        return Enum.GetValues<WebhookState>().Select(state => new Measurement<int>(
            webhooks.Count(webhook => webhook.State == state),
            new KeyValuePair<string, object?>("terse.webhook.state", WebhookStates.NameOf(state))));
    }

    private void AddCounts()
    {
        AddGauge(
            "terse.events.undispatched",
            "{event}",
            "Events in the database for which no deliveries were created yet.",
            counts => counts.Undispatched);
        AddGauge(
            "terse.deliveries.waiting",
            "{delivery}",
            "Deliveries in the database that wait for their next request.",
            counts => counts.Waiting);
        AddGauge(
            "terse.deliveries.dead",
            "{delivery}",
            "Deliveries in the database that have failed for good.",
            counts => counts.Dead);
        AddGauge(
            "terse.deliveries.overdue",
            "s",
            "How long the oldest delivery that is due waits already.",
            counts => counts.OldestWaiting?.TotalSeconds ?? 0);
    }

    private void AddGauge<T>(string name, string unit, string description, Func<DeliveryCounts, T> read)
        where T : struct => _meter.CreateObservableGauge(name, () => Observe(read), unit, description);

    /// <returns>Nothing while the counts are unknown.</returns>
    private IEnumerable<Measurement<T>> Observe<T>(Func<DeliveryCounts, T> read)
        where T : struct => _counts is { } counts ? [new(read(counts))] : [];
}
