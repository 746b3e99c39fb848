namespace Terse.Hosting;

/// <summary>What Terse's figures go by; docs/metrics.md has the instruments.</summary>
internal static class Telemetry
{
    public const string Meter = "Terse";
}
