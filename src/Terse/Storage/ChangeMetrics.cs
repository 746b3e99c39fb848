using System.Diagnostics.Metrics;
using Terse.Hosting;

namespace Terse.Storage;

/// <summary>
/// Counts the changes of links that this Terse server received from the database, and records whether the
/// server receives changes now.
/// </summary>
internal sealed class ChangeMetrics(IMeterFactory meters)
{
    private readonly Counter<long> _received = Telemetry.MeterOf(meters).CreateCounter<long>(
        "terse.changes.received", "{change}", "Changes of links that this server received.");

    private readonly Gauge<int> _connected = Telemetry.MeterOf(meters).CreateGauge<int>(
        "terse.feed.connected", unit: null, "Whether this server receives changes of links.");

    private readonly Counter<long> _connections = Telemetry.MeterOf(meters).CreateCounter<long>(
        "terse.feed.connections", "{connection}", "How often this server began to receive changes.");

    private int _isConnected;

    public void CountReceived() => _received.Add(1);

    public void SetConnected(bool isConnected)
    {
        var value = isConnected ? 1 : 0;
        _connected.Record(value);
        if (Interlocked.Exchange(ref _isConnected, value) == 0 && isConnected)
            _connections.Add(1);
    }
}
