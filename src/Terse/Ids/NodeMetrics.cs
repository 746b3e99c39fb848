using System.Diagnostics.Metrics;
using Terse.Hosting;

namespace Terse.Ids;

/// <summary>Measures the reservation of the node, and names the node in logs and spans.</summary>
internal sealed class NodeMetrics(IMeterFactory meters, IdMint mint, ServerIdentity identity) : IHostedService
{
    private readonly Meter _meter = Telemetry.MeterOf(meters);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        identity.ObserveNode(() => mint.Node);
        _meter.CreateObservableGauge(
            "terse.node", ReadNode, unit: null, "The node by which this server mints ids.");
        _meter.CreateObservableGauge(
            "terse.ids.reservation.remaining",
            ReadRemaining,
            "s",
            "How long this server can mint ids without extending its reservation.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private IEnumerable<Measurement<int>> ReadNode() => mint.Node is { } node ? [new(node)] : [];

    private IEnumerable<Measurement<double>> ReadRemaining() =>
        mint.Remaining is { } remaining ? [new(remaining.TotalSeconds)] : [];
}
