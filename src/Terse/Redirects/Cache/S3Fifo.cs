using System.Diagnostics.CodeAnalysis;

namespace Terse.Redirects;

/// <summary>
/// Chooses which link to evict when the cache is full: S3-FIFO (Yang, Zhang, Qiu, Yue, Vigfusson: "FIFO
/// queues are all you need for cache eviction", SOSP 2023, §4). A new link enters the small queue, which has
/// a tenth of the capacity. When a link reaches the end of the small queue, it moves to the main queue if it
/// has at least two hits; otherwise it is evicted. So even a large number of links that are followed only
/// once cannot displace hot links. When a link with hits reaches the end of the main queue, it loses one hit
/// and enters the main queue again; a link without hits is evicted. A link that is loaded again soon after
/// its eviction enters the main queue directly (docs/decisions/0008-s3-fifo.md). Not safe for use by several
/// threads at once.
/// </summary>
internal sealed class S3Fifo(int maxEntries, long maxBytes)
{
    /// <summary>
    /// The small queue may use one tenth of the maximum number of links and of the maximum bytes.
    /// </summary>
    private const int SmallPart = 10;

    /// <summary>
    /// A link moves from the small queue to the main queue if it has at least this number of hits.
    /// </summary>
    private const int MinHitsToMain = 2;

    /// <summary>
    /// How many links one eviction may move to the main queue. After that, the next link is evicted
    /// regardless of its hits, so that no eviction holds the write lock for a million moves.
    /// </summary>
    private const int MaxMoves = 1000;

    private int _maxEntries = maxEntries;
    private long _maxBytes = maxBytes;

    private readonly Queue _small = new();
    private readonly Queue _main = new();
    private readonly GhostQueue _ghosts = new();

    public int Count => _small.Count + _main.Count;

    public long Bytes => _small.Bytes + _main.Bytes;

    /// <summary>Changes the limits. <see cref="TryEvict"/> then evicts what is too much.</summary>
    public void Resize(int maxEntries, long maxBytes) => (_maxEntries, _maxBytes) = (maxEntries, maxBytes);

    public void Add(CachedLink link)
    {
        var isGhost = _ghosts.Remove(link.Hash, Count);
        AddTo(isGhost ? _main : _small, link);
    }

    /// <summary>Replaces a cached link by a newer copy, which takes over the number of hits.</summary>
    public void Replace(CachedLink old, CachedLink link)
    {
        link.SetHits(old.Hits);
        var queue = old.IsInMain ? _main : _small;
        Remove(old);
        AddTo(queue, link);
    }

    public void Remove(CachedLink link) => (link.IsInMain ? _main : _small).Remove(link);

    /// <summary>
    /// Evicts one link if there are too many links or if they use too many bytes. Returns false if no link
    /// has to be evicted.
    /// </summary>
    public bool TryEvict([NotNullWhen(true)] out CachedLink? evicted)
    {
        evicted = null;
        if (Count <= _maxEntries && Bytes <= _maxBytes)
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

    /// <summary>Returns all links. The link that is expected to be evicted last comes first.</summary>
    public IEnumerable<CachedLink> FromHottest() =>
        _main.FromNewest().OrderByDescending(link => link.Hits)
            .Concat(_small.FromNewest().OrderByDescending(link => link.Hits));

    private bool IsSmallFull =>
        _small.Oldest is not null
        && (_small.Count * (long)SmallPart >= _maxEntries || _small.Bytes * SmallPart >= _maxBytes);

    private void AddTo(Queue queue, CachedLink link)
    {
        link.IsInMain = queue == _main;
        queue.Add(link);
    }

    /// <summary>
    /// A first-in, first-out queue, implemented as a doubly linked list: each link refers to its older and
    /// its newer neighbour.
    /// </summary>
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
