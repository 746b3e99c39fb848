using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;

namespace Terse.Hosting;

/// <summary>Measures the state of this server: whether it is ready, and which version it runs.</summary>
internal sealed class ServerMetrics(
    IMeterFactory meters,
    Readiness readiness,
    Drain drain,
    ServerIdentity identity,
    ExportFailures failures,
    IOptions<ServerOptions> options) : IHostedService
{
    private readonly Meter _meter = Telemetry.MeterOf(meters);
    private static readonly KeyValuePair<string, object?> Redirects = new("terse.purpose", "redirects");
    private static readonly KeyValuePair<string, object?> Creations = new("terse.purpose", "creations");

    public Task StartAsync(CancellationToken cancellationToken)
    {
        failures.BeginAtZero();
        _meter.CreateObservableGauge(
            "terse.server.ready", ReadReady, unit: null, "Whether the server should receive requests.");
        _meter.CreateObservableGauge(
            "terse.server.draining",
            () => drain.HasBegun ? 1 : 0,
            unit: null,
            "Whether the server is shutting down.");
        _meter.CreateObservableGauge(
            "terse.server.info",
            ReadInfo,
            unit: null,
            "Always 1; the attributes describe the server.");
        _meter.CreateObservableGauge(
            "terse.server.connections.limit",
            () => options.Value.MaxConnections,
            "{connection}",
            "The maximum number of connections of clients.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private Measurement<int>[] ReadReady() =>
    [
        new(readiness.FindReasons().Count == 0 ? 1 : 0, Redirects),
        new(readiness.FindReasonsAgainstCreations().Count == 0 ? 1 : 0, Creations),
    ];

    private Measurement<int> ReadInfo() => new(
        1,
        new("service.version", Server.Version),
        new("cloud.availability_zone", identity.Zone ?? ""),
        new("terse.configuration.hash", identity.ConfigurationHash));
}
