using System.Runtime.InteropServices;
using System.Text;
using Terse.Links;

namespace Terse.Visits;

/// <summary>
/// Adds up the counts of one dimension over the rows of a report. Not safe for use by several threads at
/// once.
/// </summary>
internal sealed class ValueSums(VisitDimension dimension)
{
    private readonly Dictionary<string, VisitSum> _sums = new(StringComparer.Ordinal);
    private VisitSum _all;

    /// <param name="sum">The number of all visits of the row.</param>
    /// <param name="packed">The packed counts of the row; see <see cref="CountedValues.Pack"/>.</param>
    public void Add(VisitSum sum, ReadOnlySpan<byte> packed)
    {
        _all = _all.Add(sum);
        var lookup = _sums.GetAlternateLookup<ReadOnlySpan<char>>();
        Span<char> characters = stackalloc char[BatchCounts.MaxValueLength];
        var entry = new PackedCount(packed);
        while (entry.Read())
        {
            if (entry.Dimension != dimension)
                continue;
            var length = Encoding.UTF8.GetChars(entry.Value, characters);
            ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(
                lookup, characters[..length], out _);
            known = known.Add(entry.Sum);
        }
    }

    /// <summary>
    /// Returns the sums. The sum of the known values also contains <see cref="CountedValues.Other"/>.
    /// </summary>
    /// <param name="limit">The maximum number of values.</param>
    public ValueCounts Take(int limit) => new(
        _all,
        _sums.Values.Aggregate(default(VisitSum), (sum, next) => sum.Add(next)),
        [.. _sums
            .Where(pair => pair.Key.Length > 0) // without CountedValues.Other
            .Select(pair => new ValueCount(pair.Key, pair.Value))
            .OrderByDescending(count => (count.Sum.Visits, count.Sum.Bots))
            .ThenBy(count => count.Value, StringComparer.Ordinal)
            .Take(limit)]);

    /// <summary>Returns the sums of the values that are numbers of outcomes.</summary>
    public IReadOnlyDictionary<RedirectOutcome, VisitSum> TakeOutcomes() => _sums.ToDictionary(
        pair => (RedirectOutcome)byte.Parse(pair.Key, null), pair => pair.Value);
}
