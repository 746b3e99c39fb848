namespace Terse.Hosting;

/// <summary>
/// Contains the name of the <c>Meter</c> that all metrics of Terse belong to. docs/metrics.md lists the
/// metrics.
/// </summary>
internal static class Telemetry
{
    public const string Meter = "Terse";
}
