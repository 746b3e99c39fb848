using System.Diagnostics.Metrics;
using System.Diagnostics.Tracing;

namespace Terse.Hosting;

/// <summary>
/// Counts the exports that failed, because the collector is down, slow or refuses them. The SDK keeps at most
/// 2,048 spans and 2,048 log entries for a collector, drops further ones, and reports each failure as an
/// event in the process.
/// </summary>
internal sealed class ExportFailures(IMeterFactory meters) : EventListener
{
    private const string Exporter = "OpenTelemetry-Exporter-OpenTelemetryProtocol";

    /// <summary>
    /// The events by which the exporter reports a failed export as a warning. Its other warnings do not mean
    /// that an export failed.
    /// </summary>
    private static readonly string[] Warnings =
        ["TransientHttpError", "OperationUnexpectedlyCanceled", "RequestTimedOut"];

    private readonly Counter<long> _failures = Telemetry.MeterOf(meters).CreateCounter<long>(
        "terse.telemetry.export.failures", "{export}", "Exports to a collector that failed.");

    /// <summary>Makes the counter exist before the first failure.</summary>
    public void BeginAtZero() => _failures.Add(0);

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == Exporter)
            EnableEvents(eventSource, EventLevel.Warning);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.Level <= EventLevel.Error || Warnings.Contains(eventData.EventName))
            _failures.Add(1);
    }
}
