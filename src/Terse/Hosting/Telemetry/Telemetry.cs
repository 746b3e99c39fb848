using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Terse.Hosting;

/// <summary>
/// The names under which the metrics and the spans of Terse leave the program. docs/metrics.md and
/// docs/traces.md list them.
/// </summary>
internal static class Telemetry
{
    public const string Meter = "Terse";

    /// <summary>Returns the meter of a server. The factory disposes it.</summary>
    public static Meter MeterOf(IMeterFactory meters) => meters.Create(Meter);

    /// <summary>
    /// The source of all spans of Terse. Without an exporter nothing listens to it, and it creates nothing.
    /// </summary>
    public static readonly ActivitySource Spans = new("Terse", Server.Version);
}
