using System.Diagnostics.Metrics;
using Terse.Hosting;

namespace Terse.Storage;

/// <summary>Counts the changes of links that this server is told of.</summary>
internal sealed class ChangeMetrics(IMeterFactory meters)
{
    private readonly Counter<long> _heard = meters.Create(Telemetry.Meter).CreateCounter<long>(
        "terse.changes.heard", "{change}", "Changes of links that this server was told of.");

    private readonly Gauge<int> _connected = meters.Create(Telemetry.Meter).CreateGauge<int>(
        "terse.feed.connected", unit: null, "Whether changes of links are heard.");

    public void CountHeard() => _heard.Add(1);

    public void SetConnected(bool isConnected) => _connected.Record(isConnected ? 1 : 0);
}
