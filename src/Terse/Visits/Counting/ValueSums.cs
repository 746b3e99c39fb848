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
    /// <summary>The keys are values in UTF-8, because a report adds up to half a million counts.</summary>
    private readonly Dictionary<byte[], VisitSum> _sums = new(new Utf8Comparer());

    private VisitSum _all;

    /// <param name="sum">The number of all visits of the row.</param>
    /// <param name="packed">The packed counts of the row; see <see cref="CountedValues.Pack"/>.</param>
    public void Add(VisitSum sum, ReadOnlySpan<byte> packed)
    {
        _all = _all.Add(sum);
        var lookup = _sums.GetAlternateLookup<ReadOnlySpan<byte>>();
        var entry = new PackedCount(packed);
        while (entry.Read())
        {
            if (entry.Dimension != dimension)
                continue;
            ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(lookup, entry.Value, out _);
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
            .Select(pair => new ValueCount(Encoding.UTF8.GetString(pair.Key), pair.Value))
            .OrderByDescending(count => (count.Sum.Visits, count.Sum.Bots))
            .ThenBy(count => count.Value, StringComparer.Ordinal)
            .Take(limit)]);

    /// <summary>Returns the sums of the values that are numbers of outcomes.</summary>
    public IReadOnlyDictionary<RedirectOutcome, VisitSum> TakeOutcomes() => _sums.ToDictionary(
        pair => (RedirectOutcome)byte.Parse(pair.Key, null), pair => pair.Value);

    private sealed class Utf8Comparer
        : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? one, byte[]? other) => one.AsSpan().SequenceEqual(other);

        public bool Equals(ReadOnlySpan<byte> one, byte[] other) => one.SequenceEqual(other);

        public int GetHashCode(byte[] value) => GetHashCode(value.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> value)
        {
            var hash = default(HashCode);
            hash.AddBytes(value);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> value) => value.ToArray();
    }
}
