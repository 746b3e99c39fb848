using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Terse.Links;

namespace Terse.Visits;

/// <summary>
/// How many of the visits of one row (a link in an hour or a day) have each value of each dimension. The row
/// stores all these counts in one packed column. So a visit changes one row, not one row for each dimension,
/// and forged values never make new rows.
/// </summary>
/// <remarks>
/// A row keeps a limited number of different values of a dimension: those with the most visits. The visits
/// with further values are counted together, under <see cref="Other"/>. No visit is lost or counted twice
/// when its value moves to this count. Not safe for use by several threads at once.
/// </remarks>
internal sealed class CountedValues
{
    /// <summary>
    /// The key of the visits whose value has no count of its own. The empty text is free for this, because a
    /// visit with an unknown value is not counted under the dimension.
    /// </summary>
    public const string Other = "";

    /// <summary>
    /// How many different values of a dimension a row keeps. Only the referrer can have more: any client can
    /// send any referrer.
    /// </summary>
    public const int MaxValues = 100;

    /// <summary>How many different countries a row keeps; there are about 250.</summary>
    private const int MaxCountries = 256;

    private readonly Dictionary<(VisitDimension Dimension, string Value), VisitSum> _sums = [];

    public void Add(VisitDimension dimension, string value, VisitSum sum)
    {
        ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(_sums, (dimension, value), out _);
        known = known.Add(sum);
    }

    /// <summary>Adds all counts of a row.</summary>
    /// <param name="packed">The result of <see cref="Pack"/>.</param>
    public void Add(ReadOnlySpan<byte> packed)
    {
        var entry = new PackedCount(packed);
        while (entry.Read())
            Add(entry.Dimension, Encoding.UTF8.GetString(entry.Value), entry.Sum);
    }

    /// <summary>
    /// Returns the counts in the format that <see cref="PackedCount"/> reads. First reduces the number of
    /// values to the limit. With equally many visits, a value that was added earlier is kept.
    /// </summary>
    public byte[] Pack()
    {
        foreach (var (dimension, count) in _sums.Keys.CountBy(key => key.Dimension).ToList())
        {
            if (count > LimitOf(dimension))
                Reduce(dimension);
        }

        var size = _sums.Keys.Sum(key => PackedCount.MaxSizeOf(key.Value));
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        var length = 0;
        foreach (var ((dimension, value), sum) in _sums)
            length += PackedCount.Write(buffer.AsSpan(length), dimension, value, sum);
        var packed = buffer[..length];
        ArrayPool<byte>.Shared.Return(buffer);
        return packed;
    }

    private static int LimitOf(VisitDimension dimension) =>
        dimension == VisitDimension.Country ? MaxCountries : MaxValues;

    private void Reduce(VisitDimension dimension)
    {
        var rare = _sums
            .Where(count => count.Key.Dimension == dimension && count.Key.Value.Length > 0)
            .OrderByDescending(count => count.Value.Visits + count.Value.Bots)
            .Skip(LimitOf(dimension))
            .ToList();
        foreach (var (key, sum) in rare)
        {
            _sums.Remove(key);
            Add(dimension, Other, sum);
        }
    }
}

/// <summary>
/// Reads and writes one packed count after the other: a byte with the dimension, the length of the value in
/// bytes, the value in UTF-8, the visits of people, and the visits of bots. The numbers have 7 bits in each
/// byte, the lowest bits first; the highest bit of a byte means that another byte follows.
/// </summary>
internal ref struct PackedCount(ReadOnlySpan<byte> packed)
{
    private const int MaxNumberSize = 10;

    private ReadOnlySpan<byte> _rest = packed;

    public VisitDimension Dimension { get; private set; }

    /// <summary>The value in UTF-8; empty for <see cref="CountedValues.Other"/>.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    public VisitSum Sum { get; private set; }

    /// <summary>Reads the next count; false at the end.</summary>
    public bool Read()
    {
        if (_rest.IsEmpty)
            return false;
        Dimension = (VisitDimension)_rest[0];
        _rest = _rest[1..];
        var length = (int)ReadNumber();
        Value = _rest[..length];
        _rest = _rest[length..];
        Sum = new(ReadNumber(), ReadNumber());
        return true;
    }

    public static int MaxSizeOf(string value) =>
        1 + (3 * MaxNumberSize) + Encoding.UTF8.GetMaxByteCount(value.Length);

    /// <summary>Writes a count, and returns its size in bytes.</summary>
    public static int Write(Span<byte> output, VisitDimension dimension, string value, VisitSum sum)
    {
        output[0] = (byte)dimension;
        var size = 1 + WriteNumber(output[1..], Encoding.UTF8.GetByteCount(value));
        size += Encoding.UTF8.GetBytes(value, output[size..]);
        size += WriteNumber(output[size..], sum.Visits);
        return size + WriteNumber(output[size..], sum.Bots);
    }

    private static int WriteNumber(Span<byte> output, long number)
    {
        var rest = (ulong)number;
        var size = 0;
        for (; rest >= 0x80; rest >>= 7)
            output[size++] = (byte)(rest | 0x80);
        output[size] = (byte)rest;
        return size + 1;
    }

    private long ReadNumber()
    {
        var number = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var part = _rest[0];
            _rest = _rest[1..];
            number |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                return (long)number;
        }
    }
}
