using System.Diagnostics.Metrics;
using System.Numerics;
using Terse.Hosting;
using Terse.Visits;

namespace Terse.Redirects;

/// <summary>
/// Counts the outcomes of requests for codes, and the hits, misses and evictions of the cache. Each processor
/// increments its own counters, so that processors do not compete for the same memory. The exported value is
/// the sum over all processors.
/// </summary>
internal sealed class RedirectMetrics
{
    /// <summary>
    /// The number of array elements per processor: 16 longs, which are two cache lines of 64 bytes. One cache
    /// line is not enough, because processors fetch cache lines in pairs.
    /// </summary>
    private const int Stride = 16;

    private const int Hits = 13;
    private const int Misses = 14;
    private const int Evictions = 15;

    private static readonly (RedirectOutcome Outcome, string Name)[] Outcomes =
    [
        (RedirectOutcome.Followed, "followed"),
        (RedirectOutcome.Unknown, "unknown"),
        (RedirectOutcome.Expired, "expired"),
        (RedirectOutcome.Blocked, "blocked"),
        (RedirectOutcome.Deleted, "deleted"),
        (RedirectOutcome.UsedUp, "used_up"),
        (RedirectOutcome.Disabled, "disabled"),
        (RedirectOutcome.Scheduled, "scheduled"),
        (RedirectOutcome.Locked, "locked"),
    ];

    private readonly long[] _counts;
    private readonly int _mask;
    private readonly Meter _meter;

    public RedirectMetrics(IMeterFactory meters)
    {
        var processors = (int)BitOperations.RoundUpToPowerOf2((uint)Environment.ProcessorCount);
        _mask = processors - 1;
        // The first 16 elements stay unused, because they can share a cache line with the length of the
        // array, which every access reads.
        _counts = new long[(processors + 1) * Stride];
        _meter = Telemetry.MeterOf(meters);
        _meter.CreateObservableCounter(
            "terse.redirects", ReadOutcomes, "{request}", "Requests for a code, by outcome.");
        _meter.CreateObservableCounter(
            "terse.cache.hits", () => Sum(Hits), "{lookup}", "Lookups of a code that the cache answers.");
        _meter.CreateObservableCounter(
            "terse.cache.misses", () => Sum(Misses), "{lookup}", "Lookups of a code that read the store.");
        _meter.CreateObservableCounter(
            "terse.cache.evictions", () => Sum(Evictions), "{link}", "Links that the cache evicts.");
    }

    /// <summary>
    /// Registers the functions that return the number of cached links and the number of bytes that these
    /// links use.
    /// </summary>
    public void Observe(Func<long> entries, Func<long> bytes)
    {
        _meter.CreateObservableUpDownCounter(
            "terse.cache.entries", entries, "{link}", "Links in the cache.");
        _meter.CreateObservableUpDownCounter(
            "terse.cache.bytes", bytes, "By", "Bytes of the links in the cache, overhead included.");
    }

    public void CountOutcome(RedirectOutcome outcome) => Count((int)outcome);

    public void CountHit() => Count(Hits);

    public void CountMiss() => Count(Misses);

    public void CountEviction() => Count(Evictions);

    private void Count(int counter)
    {
        var processor = Thread.GetCurrentProcessorId() & _mask;
        Interlocked.Increment(ref _counts[((processor + 1) * Stride) + counter]);
    }

    private long Sum(int counter)
    {
        var sum = 0L;
        for (var index = Stride + counter; index < _counts.Length; index += Stride)
            sum += Volatile.Read(ref _counts[index]);
        return sum;
    }

    private IEnumerable<Measurement<long>> ReadOutcomes() => Outcomes.Select(outcome =>
        new Measurement<long>(
            Sum((int)outcome.Outcome),
            new KeyValuePair<string, object?>("terse.redirect.outcome", outcome.Name)));
}
