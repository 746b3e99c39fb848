using System.Numerics;

namespace Terse.Redirects;

/// <summary>
/// The links that had to go last, as many as are kept. They are known by their hashes alone: one that is
/// taken for another stays longer than it should, and no harm is done.
/// </summary>
internal sealed class GhostQueue
{
    /// <summary>Places in which a hash may stand, side by side.</summary>
    private const int Ways = 4;

    /// <summary>The hash above, and below it the number of its going.</summary>
    private ulong[] _places = [];
    private uint _number;

    /// <param name="hash">Of the link that goes.</param>
    /// <param name="kept">How many stay.</param>
    public void Add(int hash, int kept)
    {
        if (_places.Length < kept)
            _places = new ulong[Math.Max(Ways, BitOperations.RoundUpToPowerOf2((uint)kept))];
        if (_places.Length == 0)
            return;
        _number++;
        var ways = PlacesOf(hash);
        var oldest = 0;
        for (var way = 1; way < Ways; way++)
        {
            if (AgeOf(ways[way]) > AgeOf(ways[oldest]))
                oldest = way;
        }

        ways[oldest] = ((ulong)(uint)hash << 32) | _number;
    }

    /// <summary>Forgets a link, and returns whether it was among the last that went.</summary>
    public bool Remove(int hash, int kept)
    {
        if (_places.Length == 0)
            return false;
        foreach (ref var place in PlacesOf(hash))
        {
            if (place >> 32 == (uint)hash && AgeOf(place) < kept)
            {
                place = 0;
                return true;
            }
        }

        return false;
    }

    private uint AgeOf(ulong place) => place == 0 ? uint.MaxValue : _number - (uint)place;

    private Span<ulong> PlacesOf(int hash) =>
        _places.AsSpan(hash & (_places.Length - 1) & ~(Ways - 1), Ways);
}
