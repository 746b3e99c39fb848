using System.Diagnostics.Metrics;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>
/// Counts lookups by the role of the host that answered. If a replica could not prove whether the link
/// exists, also counts whether the budget allowed a lookup on the primary, the fences, and the requests that
/// wait. Counting allocates no memory.
/// </summary>
internal sealed class LookupMetrics(IMeterFactory meters)
{
    private static readonly KeyValuePair<string, object?> Primary = new("terse.host.role", "primary");
    private static readonly KeyValuePair<string, object?> Replica = new("terse.host.role", "replica");
    private static readonly KeyValuePair<string, object?> Asked = new("terse.miss.outcome", "asked");
    private static readonly KeyValuePair<string, object?> OverBudget =
        new("terse.miss.outcome", "over_budget");
    private static readonly KeyValuePair<string, object?> Refused = new("terse.miss.outcome", "refused");

    private readonly Counter<long> _lookups = meters.Create(Telemetry.Meter).CreateCounter<long>(
        "terse.lookups", "{lookup}", "Lookups of links, by the role of the host that answered.");

    private readonly Counter<long> _misses = meters.Create(Telemetry.Meter).CreateCounter<long>(
        "terse.lookup.misses", "{lookup}", "Lookups for which the answer of a replica was not final.");

    private readonly Counter<long> _fences = meters.Create(Telemetry.Meter).CreateCounter<long>(
        "terse.lookup.fences", "{statement}", "Fences that the server wrote into the primary's log.");

    private readonly UpDownCounter<long> _waiting = meters.Create(Telemetry.Meter).CreateUpDownCounter<long>(
        "terse.lookups.waiting", "{request}", "Requests that wait for the primary, a fence or a replica.");

    public void CountLookup(LookupResult result) => _lookups.Add(1, result.IsReplica ? Replica : Primary);

    /// <summary>Counts a lookup on the primary that the budget allowed.</summary>
    public void CountAsked() => _misses.Add(1, Asked);

    /// <summary>Counts a lookup that did not ask the primary, because the budget was used up.</summary>
    public void CountOverBudget() => _misses.Add(1, OverBudget);

    /// <summary>Counts a lookup that was refused, because too many requests wait.</summary>
    public void CountRefused() => _misses.Add(1, Refused);

    /// <summary>Counts a fence, which any number of requests may share.</summary>
    public void CountFence() => _fences.Add(1);

    /// <summary>Adds a positive or negative number to the number of waiting requests.</summary>
    public void AddWaiting(int change) => _waiting.Add(change);
}
