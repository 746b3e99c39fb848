using System.Diagnostics.Metrics;
using System.Numerics;
using Terse.Hosting;
using Terse.Visits;

namespace Terse.Redirects;

/// <summary>
/// Counts how requests for codes were answered, and how often the cache knew. To count is to add one to a
/// number of the processor's own, which nobody else touches; whoever reads the figures adds them up.
/// </summary>
internal sealed class RedirectMetrics
{
    /// <summary>Numbers of a processor: two cache lines, which processors fetch together.</summary>
    private const int Stride = 16;

    private const int Hits = 8;
    private const int Misses = 9;
    private const int Evictions = 10;

    private static readonly (RedirectOutcome Kind, string Outcome)[] Outcomes =
    [
        (RedirectOutcome.Followed, "followed"),
        (RedirectOutcome.Unknown, "unknown"),
        (RedirectOutcome.Expired, "expired"),
        (RedirectOutcome.Blocked, "blocked"),
        (RedirectOutcome.Deleted, "deleted"),
        (RedirectOutcome.UsedUp, "used_up"),
    ];

    private readonly long[] _counts;
    private readonly int _mask;
    private readonly Meter _meter;

    public RedirectMetrics(IMeterFactory meters)
    {
        var processors = (int)BitOperations.RoundUpToPowerOf2((uint)Environment.ProcessorCount);
        _mask = processors - 1;
        _counts = new long[(processors + 1) * Stride]; // The first ones share a line with the array's length.
        _meter = meters.Create(Telemetry.Meter);
        _meter.CreateObservableCounter(
            "terse.redirects", ReadOutcomes, "{request}", "Requests for a code, by how they were answered.");
        _meter.CreateObservableCounter(
            "terse.cache.hits", () => Sum(Hits), "{lookup}", "Lookups of a code that the cache answered.");
        _meter.CreateObservableCounter(
            "terse.cache.misses", () => Sum(Misses), "{lookup}", "Lookups of a code that went to the store.");
        _meter.CreateObservableCounter(
            "terse.cache.evictions", () => Sum(Evictions), "{link}", "Links that had to make room.");
    }

    /// <summary>What is kept at present; the last cache that says so counts.</summary>
    public void Observe(Func<long> entries, Func<long> bytes)
    {
        _meter.CreateObservableUpDownCounter(
            "terse.cache.entries", entries, "{link}", "Links that the cache keeps.");
        _meter.CreateObservableUpDownCounter(
            "terse.cache.bytes", bytes, "By", "Bytes of the links that the cache keeps.");
    }

    public void CountAnswer(RedirectOutcome kind) => Count((int)kind);

    public void CountHit() => Count(Hits);

    public void CountMiss() => Count(Misses);

    public void CountEviction() => Count(Evictions);

    private void Count(int what)
    {
        var processor = Thread.GetCurrentProcessorId() & _mask;
        Interlocked.Increment(ref _counts[((processor + 1) * Stride) + what]);
    }

    private long Sum(int what)
    {
        var sum = 0L;
        for (var index = Stride + what; index < _counts.Length; index += Stride)
            sum += Volatile.Read(ref _counts[index]);
        return sum;
    }

    private IEnumerable<Measurement<long>> ReadOutcomes() => Outcomes.Select(outcome =>
        new Measurement<long>(
            Sum((int)outcome.Kind),
            new KeyValuePair<string, object?>("terse.redirect.outcome", outcome.Outcome)));
}
