using System.Diagnostics.CodeAnalysis;

namespace Terse.Redirects;

/// <summary>
/// Chooses which link to evict when the cache is full: S3-FIFO (Yang, Zhang, Qiu, Yue, Vigfusson: "FIFO
/// queues are all you need for cache eviction", SOSP 2023, §4). A new link enters the small queue, which has
/// a tenth of the capacity. At the end of the small queue a link with at least two hits moves to the main
/// queue, and any other link is evicted; so a scan over many links that are followed once evicts no hot
/// link. At the end of the main queue a link with hits loses one hit and enters the main queue again. A link
/// that comes back soon after its eviction enters the main queue at once (docs/decisions/0008-s3-fifo.md).
/// Not thread-safe: one thread at a time.
/// </summary>
internal sealed class S3Fifo(int maxEntries, long maxBytes)
{
    /// <summary>The small queue has one part in ten of the capacity.</summary>
    private const int SmallPart = 10;

    /// <summary>The fewest hits with which a link moves from the small queue to the main queue.</summary>
    private const int MinHitsToMain = 2;

    /// <summary>
    /// The most links that one eviction moves, so that no eviction holds the lock for a million moves.
    /// </summary>
    private const int MaxMoves = 1000;

    private readonly Queue _small = new();
    private readonly Queue _main = new();
    private readonly GhostQueue _ghosts = new();

    public int Count => _small.Count + _main.Count;

    public long Bytes => _small.Bytes + _main.Bytes;

    public void Add(CachedLink link)
    {
        var isGhost = _ghosts.Remove(link.Hash, Count);
        AddTo(isGhost ? _main : _small, link);
    }

    /// <summary>Replaces a link by a newer copy, which keeps the number of hits.</summary>
    public void Replace(CachedLink old, CachedLink link)
    {
        link.SetHits(old.Hits);
        var queue = old.IsInMain ? _main : _small;
        Remove(old);
        AddTo(queue, link);
    }

    public void Remove(CachedLink link) => (link.IsInMain ? _main : _small).Remove(link);

    /// <summary>Evicts one link if the links exceed a bound.</summary>
    public bool TryEvict([NotNullWhen(true)] out CachedLink? evicted)
    {
        evicted = null;
        if (Count <= maxEntries && Bytes <= maxBytes)
            return false;
        for (var moves = 0; evicted is null; moves++)
        {
            var isFromSmall = IsSmallFull || _main.Oldest is null;
            var link = (isFromSmall ? _small : _main).Oldest!;
            Remove(link);
            var stays = link.Hits >= (isFromSmall ? MinHitsToMain : 1);
            if (stays && moves < MaxMoves)
            {
                link.SetHits(isFromSmall ? 0 : link.Hits - 1);
                AddTo(_main, link);
                continue;
            }

            if (isFromSmall)
                _ghosts.Add(link.Hash, Count);
            evicted = link;
        }

        return true;
    }

    public void Clear()
    {
        _small.Clear();
        _main.Clear();
    }

    /// <summary>All links, the last to be evicted first.</summary>
    public IEnumerable<CachedLink> FromHottest() =>
        _main.FromNewest().OrderByDescending(link => link.Hits)
            .Concat(_small.FromNewest().OrderByDescending(link => link.Hits));

    private bool IsSmallFull =>
        _small.Oldest is not null
        && (_small.Count * (long)SmallPart >= maxEntries || _small.Bytes * SmallPart >= maxBytes);

    private void AddTo(Queue queue, CachedLink link)
    {
        link.IsInMain = queue == _main;
        queue.Add(link);
    }

    /// <summary>Links in the order in which they entered; each link refers to its neighbours.</summary>
    private sealed class Queue
    {
        private CachedLink? _newest;

        public CachedLink? Oldest { get; private set; }

        public int Count { get; private set; }

        public long Bytes { get; private set; }

        public void Add(CachedLink link)
        {
            (link.Older, link.Newer) = (_newest, null);
            if (_newest is null)
                Oldest = link;
            else
                _newest.Newer = link;
            _newest = link;
            Count++;
            Bytes += link.Bytes;
        }

        public void Remove(CachedLink link)
        {
            if (link.Older is null)
                Oldest = link.Newer;
            else
                link.Older.Newer = link.Newer;
            if (link.Newer is null)
                _newest = link.Older;
            else
                link.Newer.Older = link.Older;
            (link.Older, link.Newer) = (null, null);
            Count--;
            Bytes -= link.Bytes;
        }

        public void Clear() => (_newest, Oldest, Count, Bytes) = (null, null, 0, 0);

        public IEnumerable<CachedLink> FromNewest()
        {
            for (var link = _newest; link is not null; link = link.Older)
                yield return link;
        }
    }
}
