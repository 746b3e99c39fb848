using System.Diagnostics.Metrics;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>
/// Counts who answers lookups, and what becomes of those that a replica could not answer for good. Counting
/// costs no allocation.
/// </summary>
internal sealed class LookupMetrics(IMeterFactory meters)
{
    private static readonly KeyValuePair<string, object?> Primary = new("terse.host.role", "primary");
    private static readonly KeyValuePair<string, object?> Replica = new("terse.host.role", "replica");
    private static readonly KeyValuePair<string, object?> Asked = new("terse.miss.outcome", "asked");
    private static readonly KeyValuePair<string, object?> OverBudget =
        new("terse.miss.outcome", "over_budget");

    private readonly Counter<long> _lookups = meters.Create(Telemetry.Meter).CreateCounter<long>(
        "terse.lookups", "{lookup}", "Lookups of a link that a database host answered.");

    private readonly Counter<long> _misses = meters.Create(Telemetry.Meter).CreateCounter<long>(
        "terse.lookup.misses", "{lookup}", "Lookups that a replica could not answer for good.");

    public void CountLookup(LookupResult seen) => _lookups.Add(1, seen.IsInRecovery ? Replica : Primary);

    /// <summary>The primary is asked for a code.</summary>
    public void CountAsked() => _misses.Add(1, Asked);

    /// <summary>The primary is not asked.</summary>
    public void CountOverBudget() => _misses.Add(1, OverBudget);
}
