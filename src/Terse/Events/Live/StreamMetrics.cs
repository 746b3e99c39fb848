using System.Diagnostics.Metrics;
using Terse.Hosting;

namespace Terse.Events;

/// <summary>Metrics of live streams. docs/metrics.md describes them.</summary>
internal sealed class StreamMetrics
{
    private const string End = "terse.stream.end";

    private readonly Counter<long> _sent;
    private readonly Counter<long> _ended;
    private readonly Counter<long> _refused;

    public StreamMetrics(IMeterFactory meters, EventTail tail)
    {
#pragma warning disable CA2000 // Lives as long as the process.
        var meter = Telemetry.MeterOf(meters);
#pragma warning restore CA2000
        _sent = meter.CreateCounter<long>(
            "terse.events.sent", "{event}", "Events that were sent to live streams");
        _ended = meter.CreateCounter<long>(
            "terse.events.streams.ended", "{stream}", "Live streams that have ended, by reason");
        _refused = meter.CreateCounter<long>(
            "terse.events.streams.refused", "{stream}", "Live streams beyond Events:MaxStreams");
        meter.CreateObservableUpDownCounter(
            "terse.events.streams", () => tail.Readers, "{stream}", "Live streams that are open");
        meter.CreateObservableGauge(
            "terse.events.streams.lag",
            () => tail.Lag.TotalSeconds,
            "s",
            "The lag of the slowest live stream");
        _sent.Add(0);
        _refused.Add(0);
        foreach (var end in Enum.GetValues<StreamEnd>())
            Add(end, 0);
    }

    public void CountSent(long events) => _sent.Add(events);

    public void CountEnded(StreamEnd end) => Add(end, 1);

    public void CountRefused() => _refused.Add(1);

    private void Add(StreamEnd end, int streams) => _ended.Add(streams, new KeyValuePair<string, object?>(
        End,
        end switch
        {
            StreamEnd.Closed => "closed",
            StreamEnd.Drained => "drained",
            StreamEnd.Slow => "slow",
            StreamEnd.KeyEnded => "key",
            _ => "expired",
        }));
}
