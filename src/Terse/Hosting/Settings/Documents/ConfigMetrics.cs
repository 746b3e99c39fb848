using System.Diagnostics.Metrics;

namespace Terse.Hosting;

/// <summary>
/// Measures what this server does with the shared configuration. docs/metrics.md describes it.
/// </summary>
internal sealed class ConfigMetrics(IMeterFactory meters, ConfigState state) : IHostedService
{
    private readonly Meter _meter = Telemetry.MeterOf(meters);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _meter.CreateObservableGauge(
            "terse.configuration.settings.waiting",
            () => state.Status.NeedsRestart.Count,
            "{setting}",
            "Settings of the shared configuration that need a restart.");
        _meter.CreateObservableGauge(
            "terse.configuration.problem",
            () => state.Status.Problem is null ? 0 : 1,
            unit: null,
            "Whether the server cannot use the newest shared configuration.");
        _meter.CreateObservableGauge(
            "terse.configuration.info",
            () => new Measurement<int>(
                1, new KeyValuePair<string, object?>("terse.configuration.version", state.Status.Version)),
            unit: null,
            "Always 1; the attribute is the version of the shared configuration.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
