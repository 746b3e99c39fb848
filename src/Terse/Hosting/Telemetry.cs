namespace Terse.Hosting;

/// <summary>The name of Terse's meter; docs/metrics.md lists its instruments.</summary>
internal static class Telemetry
{
    public const string Meter = "Terse";
}
