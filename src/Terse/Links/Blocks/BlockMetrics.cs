using System.Diagnostics.Metrics;
using Terse.Hosting;

namespace Terse.Links;

/// <summary>Shows how many hosts the server blocks.</summary>
internal sealed class BlockMetrics(IMeterFactory meters)
{
    private readonly Meter _meter = meters.Create(Telemetry.Meter);

    public void Observe(BlockMap map) => _meter.CreateObservableUpDownCounter(
        "terse.blocks",
        () => new[] { Measure(map.Current.Stored, "database"), Measure(map.Current.OfFile, "file") },
        "{block}",
        "Blocked hosts and patterns, by source.");

    private static Measurement<int> Measure(BlockTable table, string source) =>
        new(table.Count, new KeyValuePair<string, object?>("terse.block.source", source));
}
