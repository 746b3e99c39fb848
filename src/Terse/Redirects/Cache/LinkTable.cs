using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Terse.Redirects;

/// <summary>
/// Links by domain and code. Any number of threads may look, without a lock; writers come one at a time. The
/// links of a chain hold one another, so that a look touches no memory but the table's and the links': of a
/// million links hardly one is in the processor's cache, and waiting for memory is most of what a look costs.
/// </summary>
/// <remarks>
/// The table never grows, or a look could miss a link that is moved; memory that no link was put into yet is
/// none that the system has to give. A link that is taken out still leads on, for those who stand at it; it
/// is never put in again.
/// </remarks>
internal sealed class LinkTable(long maxLinks)
{
    /// <summary>With more links than that, chains are longer.</summary>
    private const long MaxChains = 1 << 24;

    private readonly CachedLink?[] _chains =
        new CachedLink?[BitOperations.RoundUpToPowerOf2((uint)Math.Min(maxLinks, MaxChains))];

    public bool TryGet(HashedLinkName name, [NotNullWhen(true)] out CachedLink? link)
    {
        link = Volatile.Read(ref ChainOf(name.Hash));
        while (link is not null && !link.Has(name))
            link = Volatile.Read(ref link.Next);
        return link is not null;
    }

    /// <summary>Adds a link whose name has none.</summary>
    public void Add(CachedLink link)
    {
        ref var chain = ref ChainOf(link.Hash);
        link.Next = chain;
        Volatile.Write(ref chain, link);
    }

    /// <summary>Puts a link in the place of another of the same name, in one step.</summary>
    public void Replace(CachedLink old, CachedLink link)
    {
        link.Next = old.Next;
        Volatile.Write(ref PlaceOf(old), link);
    }

    public void Remove(CachedLink link) => Volatile.Write(ref PlaceOf(link), link.Next);

    public void Clear() => Array.Clear(_chains);

    private ref CachedLink? ChainOf(int hash) => ref _chains[hash & (_chains.Length - 1)];

    private ref CachedLink? PlaceOf(CachedLink link)
    {
        ref var place = ref ChainOf(link.Hash);
        while (place != link)
            place = ref place!.Next;
        return ref place;
    }
}
