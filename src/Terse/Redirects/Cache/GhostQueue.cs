using System.Numerics;

namespace Terse.Redirects;

/// <summary>
/// The hashes of the links that were evicted last, as many as there are cached links. A ghost is an evicted
/// link, of which only the hash is stored. Two links with the same hash count as the same ghost: then a link
/// may stay in the cache longer than it should, which does no harm.
/// </summary>
/// <remarks>
/// A table of sets, as in the cache of a processor: a hash can lie in any slot of one set. An eviction takes
/// the oldest slot of its set.
/// </remarks>
internal sealed class GhostQueue
{
    private const int SlotsPerSet = 4;

    /// <summary>
    /// The upper 32 bits are the hash, the lower 32 bits the number of its eviction; 0 is empty.
    /// </summary>
    private ulong[] _slots = [];
    private uint _evictions;

    /// <summary>Adds an evicted link.</summary>
    /// <param name="hash">The hash of the link.</param>
    /// <param name="capacity">The number of links that are cached.</param>
    public void Add(int hash, int capacity)
    {
        if (_slots.Length < capacity)
            _slots = new ulong[Math.Max(SlotsPerSet, BitOperations.RoundUpToPowerOf2((uint)capacity))];
        if (_slots.Length == 0)
            return;
        _evictions++;
        var set = SetOf(hash);
        var oldest = 0;
        for (var slot = 1; slot < SlotsPerSet; slot++)
        {
            if (AgeOf(set[slot]) > AgeOf(set[oldest]))
                oldest = slot;
        }

        set[oldest] = ((ulong)(uint)hash << 32) | _evictions;
    }

    /// <summary>Removes a link that enters the cache again.</summary>
    /// <param name="hash">The hash of the link.</param>
    /// <param name="capacity">The number of links that are cached.</param>
    /// <returns>Whether the link was among the last <paramref name="capacity"/> evicted links.</returns>
    public bool Remove(int hash, int capacity)
    {
        if (_slots.Length == 0)
            return false;
        foreach (ref var slot in SetOf(hash))
        {
            if (slot >> 32 == (uint)hash && AgeOf(slot) < capacity)
            {
                slot = 0;
                return true;
            }
        }

        return false;
    }

    /// <summary>The number of evictions since; the greatest number for an empty slot.</summary>
    private uint AgeOf(ulong slot) => slot == 0 ? uint.MaxValue : _evictions - (uint)slot;

    private Span<ulong> SetOf(int hash) =>
        _slots.AsSpan(hash & (_slots.Length - 1) & ~(SlotsPerSet - 1), SlotsPerSet);
}
