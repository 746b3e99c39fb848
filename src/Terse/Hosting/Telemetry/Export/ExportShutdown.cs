using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Terse.Hosting;

/// <summary>
/// Sends the last spans and metrics when the server stops, both at the same time. The SDK itself would send
/// spans, then metrics, then log entries, and wait up to 5 s each for a collector that does not answer. Log
/// entries still follow at the very end, so that none is lost.
/// </summary>
internal sealed class ExportShutdown(IServiceProvider services) : IHostedService
{
    /// <summary>The limit of the SDK.</summary>
    private const int LimitMilliseconds = 5000;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Runs after the other background services, because it is registered first.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        var traces = services.GetService<TracerProvider>();
        var metrics = services.GetService<MeterProvider>();
        return Task.WhenAll(
            Task.Run(() => traces?.Shutdown(LimitMilliseconds), CancellationToken.None),
            Task.Run(() => metrics?.Shutdown(LimitMilliseconds), CancellationToken.None));
    }
}
