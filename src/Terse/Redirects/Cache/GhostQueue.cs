using System.Numerics;

namespace Terse.Redirects;

/// <summary>
/// Remembers which links were evicted most recently from the small queue of <see cref="S3Fifo"/>. The number
/// of remembered links equals the number of cached links. Only the hash of an evicted link (a "ghost") is
/// stored, so two links with the same hash count as one ghost. A link may therefore stay in the cache longer
/// than it should, which does no harm.
/// </summary>
/// <remarks>
/// The table works like a set-associative processor cache: the hash selects a set of four slots, and the
/// ghost may be in any slot of the set. A new ghost overwrites the oldest ghost of its set.
/// </remarks>
internal sealed class GhostQueue
{
    private const int SlotsPerSet = 4;

    /// <summary>
    /// Each slot contains one ghost: the upper 32 bits are the hash of the evicted link, the lower 32 bits
    /// are the value of <see cref="_evictions"/> when the link was evicted. 0 means that the slot is empty.
    /// </summary>
    private ulong[] _slots = [];
    private uint _evictions;

    /// <summary>Adds an evicted link.</summary>
    /// <param name="hash">The hash of the link.</param>
    /// <param name="capacity">The number of cached links, which is also the number of ghosts to keep.</param>
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

    /// <summary>Removes the ghost of a link that enters the cache again.</summary>
    /// <param name="hash">The hash of the link.</param>
    /// <param name="capacity">The number of cached links, which is also the number of ghosts to keep.</param>
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

    /// <summary>
    /// How many links were evicted after the ghost in this slot; the greatest possible number for an empty
    /// slot.
    /// </summary>
    private uint AgeOf(ulong slot) => slot == 0 ? uint.MaxValue : _evictions - (uint)slot;

    private Span<ulong> SetOf(int hash) =>
        _slots.AsSpan(hash & (_slots.Length - 1) & ~(SlotsPerSet - 1), SlotsPerSet);
}
