using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Terse.Redirects;

/// <summary>
/// A hash table of links. Any number of threads may read without a lock; one thread at a time may write. The
/// links of a chain refer to one another, so a read touches no memory but the table's and the links':
/// hardly one of a million links is in the processor's cache, and most of the cost of a read is the wait for
/// memory.
/// </summary>
/// <remarks>
/// The table never grows, because a read could miss a link that moves. The operating system provides the
/// memory of the table only where links are written. A removed link keeps its reference to the next link, for
/// readers that are at the removed link; so a removed link is never added again.
/// </remarks>
internal sealed class LinkTable(long maxLinks)
{
    /// <summary>With more links than this, the chains become longer.</summary>
    private const long MaxChains = 1 << 24;

    private readonly CachedLink?[] _chains =
        new CachedLink?[BitOperations.RoundUpToPowerOf2((uint)Math.Min(maxLinks, MaxChains))];

    public bool TryGet(HashedLinkName name, [NotNullWhen(true)] out CachedLink? link)
    {
        link = Volatile.Read(ref ChainOf(name.Hash));
        while (link is not null && !link.HasName(name))
            link = Volatile.Read(ref link.Next);
        return link is not null;
    }

    /// <summary>Adds a link. The table must not contain a link of the same name.</summary>
    public void Add(CachedLink link)
    {
        ref var chain = ref ChainOf(link.Hash);
        link.Next = chain;
        Volatile.Write(ref chain, link);
    }

    /// <summary>Replaces a link of the table by another link of the same name, in one step.</summary>
    public void Replace(CachedLink old, CachedLink link)
    {
        link.Next = old.Next;
        Volatile.Write(ref ReferenceTo(old), link);
    }

    /// <summary>Removes a link, which must be in the table.</summary>
    public void Remove(CachedLink link) => Volatile.Write(ref ReferenceTo(link), link.Next);

    public void Clear() => Array.Clear(_chains);

    private ref CachedLink? ChainOf(int hash) => ref _chains[hash & (_chains.Length - 1)];

    private ref CachedLink? ReferenceTo(CachedLink link)
    {
        ref var reference = ref ChainOf(link.Hash);
        while (reference != link)
            reference = ref reference!.Next;
        return ref reference;
    }
}
