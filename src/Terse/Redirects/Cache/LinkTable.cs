using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Terse.Redirects;

/// <summary>
/// A hash table of links. Any number of threads may read without a lock; only one thread at a time may write.
/// Links whose hashes select the same array element form a chain, in which each link refers to the next. So a
/// read touches only the array and the links themselves. This matters, because with a million links hardly
/// any link is in the processor's cache, and a read spends most of its time waiting for memory.
/// </summary>
/// <remarks>
/// The array never grows, because a reader without a lock could miss a link that moves to a new array. The
/// operating system assigns memory only to those parts of the array that are written. A removed link keeps
/// its reference to the next link, because a reader may be at the removed link and must still reach the rest
/// of the chain. Therefore a removed object is never added again.
/// </remarks>
internal sealed class LinkTable(long maxLinks)
{
    /// <summary>
    /// The maximum number of chains, about 16.8 million. A table with more links has longer chains.
    /// </summary>
    private const long MaxChains = 1 << 24;

    private readonly CachedLink?[] _chains =
        new CachedLink?[BitOperations.RoundUpToPowerOf2((uint)Math.Min(maxLinks, MaxChains))];

    /// <summary>
    /// Enumerates all links while other threads change the table. Returns each link that is in the table from
    /// the start of the enumeration to its end.
    /// </summary>
    /// <remarks>
    /// A writer adds a link at the begin of its chain, which hides no link, and a removed or replaced link
    /// still leads to all links that were behind it and are still in the table.
    /// </remarks>
    public IEnumerable<CachedLink> All
    {
        get
        {
            for (var index = 0; index < _chains.Length; index++)
            {
                var link = Volatile.Read(ref _chains[index]);
                while (link is not null)
                {
                    yield return link;
                    link = NextOf(link);
                }
            }
        }
    }

    public bool TryGet(HashedLinkName name, [NotNullWhen(true)] out CachedLink? link)
    {
        link = Volatile.Read(ref ChainOf(name.Hash));
        while (link is not null && !link.HasName(name))
            link = Volatile.Read(ref link.Next);
        return link is not null;
    }

    /// <summary>Adds a link. The table must not contain a link with the same name.</summary>
    public void Add(CachedLink link)
    {
        ref var chain = ref ChainOf(link.Hash);
        link.Next = chain;
        Volatile.Write(ref chain, link);
    }

    /// <summary>
    /// Replaces a link by a newer copy with the same name. Readers find either the old or the new copy.
    /// </summary>
    public void Replace(CachedLink old, CachedLink link)
    {
        link.Next = old.Next;
        Volatile.Write(ref ReferenceTo(old), link);
    }

    /// <summary>Removes a link. The link must be in the table.</summary>
    public void Remove(CachedLink link) => Volatile.Write(ref ReferenceTo(link), link.Next);

    public void Clear() => Array.Clear(_chains);

    private static CachedLink? NextOf(CachedLink link) => Volatile.Read(ref link.Next);

    private ref CachedLink? ChainOf(int hash) => ref _chains[hash & (_chains.Length - 1)];

    private ref CachedLink? ReferenceTo(CachedLink link)
    {
        ref var reference = ref ChainOf(link.Hash);
        while (reference != link)
            reference = ref reference!.Next;
        return ref reference;
    }
}
