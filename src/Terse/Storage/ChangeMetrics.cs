using System.Diagnostics.Metrics;
using Terse.Hosting;

namespace Terse.Storage;

/// <summary>
/// Counts the changes of links that this Terse server received from the database, and records whether the
/// server receives changes now.
/// </summary>
internal sealed class ChangeMetrics(IMeterFactory meters)
{
    private readonly Counter<long> _received = meters.Create(Telemetry.Meter).CreateCounter<long>(
        "terse.changes.received", "{change}", "Changes of links that this server received.");

    private readonly Gauge<int> _connected = meters.Create(Telemetry.Meter).CreateGauge<int>(
        "terse.feed.connected", unit: null, "Whether this server receives changes of links.");

    public void CountReceived() => _received.Add(1);

    public void SetConnected(bool isConnected) => _connected.Record(isConnected ? 1 : 0);
}
