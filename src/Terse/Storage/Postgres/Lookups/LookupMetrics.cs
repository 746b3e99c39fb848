using System.Diagnostics.Metrics;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>
/// Counts lookups by the role of the host that answered. If a replica could not prove whether the link
/// exists, also counts whether the budget allowed a lookup on the primary, the fences, and the requests that
/// wait. Counting allocates no memory.
/// </summary>
internal sealed class LookupMetrics
{
    private static readonly KeyValuePair<string, object?> Primary = new("terse.host.role", "primary");
    private static readonly KeyValuePair<string, object?> Replica = new("terse.host.role", "replica");
    private static readonly KeyValuePair<string, object?> Asked = new("terse.miss.outcome", "asked");
    private static readonly KeyValuePair<string, object?> OverBudget =
        new("terse.miss.outcome", "over_budget");
    private static readonly KeyValuePair<string, object?> Refused = new("terse.miss.outcome", "refused");

    private static readonly string[] Outcomes = ["replica", "primary", "fence", "shed", "failed"];

    private readonly Meter _meter;
    private readonly Counter<long> _lookups;
    private readonly Counter<long> _answers;
    private readonly Counter<long> _prevented;
    private readonly Counter<long> _misses;
    private readonly Counter<long> _fences;
    private readonly UpDownCounter<long> _waiting;

    public LookupMetrics(IMeterFactory meters)
    {
        _meter = Telemetry.MeterOf(meters);
        _lookups = _meter.CreateCounter<long>(
            "terse.lookups", "{lookup}", "Lookups of links, by the role of the host that answered.");
        _answers = _meter.CreateCounter<long>(
            "terse.lookups.answered", "{request}", "How requests for uncached codes were decided.");
        _prevented = _meter.CreateCounter<long>(
            "terse.lookups.false_not_found_prevented",
            "{request}",
            "Requests for which a replica showed no link, and another host showed it.");
        _misses = _meter.CreateCounter<long>(
            "terse.lookup.misses", "{lookup}", "Lookups for which the answer of a replica was not final.");
        _fences = _meter.CreateCounter<long>(
            "terse.lookup.fences", "{statement}", "Fences that the server wrote into the primary's log.");
        _waiting = _meter.CreateUpDownCounter<long>(
            "terse.lookups.waiting",
            "{request}",
            "Requests that wait for the primary, a fence or a replica.");
        BeginAtZero();
    }

    /// <summary>Names how a lookup was decided.</summary>
    public static string OutcomeOf(LookupResult result) =>
        result.HasReachedFence ? "fence" : result.IsReplica ? "replica" : "primary";

    public void CountLookup(LookupResult result) => _lookups.Add(1, result.IsReplica ? Replica : Primary);

    /// <summary>Counts the final result of a request.</summary>
    public void CountAnswer(LookupResult result) => _answers.Add(1, AttributeOf(OutcomeOf(result)));

    /// <summary>Counts a request that no host could decide.</summary>
    /// <param name="isShed">Whether the request was refused, because too many requests wait.</param>
    public void CountNoAnswer(bool isShed) => _answers.Add(1, AttributeOf(isShed ? "shed" : "failed"));

    /// <summary>
    /// Counts a request that would have been answered "not found" without a lookup on another host.
    /// </summary>
    public void CountFalseNotFoundPrevented() => _prevented.Add(1);

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

    /// <summary>
    /// Makes all series begin at 0, because a rate cannot be computed from the first value of a series.
    /// </summary>
    private void BeginAtZero()
    {
        _lookups.Add(0, Primary);
        _lookups.Add(0, Replica);
        foreach (var outcome in Outcomes)
            _answers.Add(0, AttributeOf(outcome));
        _prevented.Add(0);
        _misses.Add(0, Asked);
        _misses.Add(0, OverBudget);
        _misses.Add(0, Refused);
        _fences.Add(0);
        _waiting.Add(0);
    }

    private static KeyValuePair<string, object?> AttributeOf(string outcome) =>
        new("terse.lookup.outcome", outcome);
}
