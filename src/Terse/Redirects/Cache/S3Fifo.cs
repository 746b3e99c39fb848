namespace Terse.Redirects;

/// <summary>
/// Who has to go when the cache is full: S3-FIFO (Yang, Zhang, Qiu, Yue, Vigfusson: "FIFO queues are all you
/// need for cache eviction", SOSP 2023, §4). A new link comes into a small queue, a tenth of the room. At its
/// end it moves to the main queue if it was followed again and again, and else goes, so that a pass over many
/// links that nobody asks for twice pushes nothing else out. In the main queue it goes round as long as it is
/// followed. Who comes back soon after it had to go, comes into the main queue at once
/// (docs/decisions/0008-s3-fifo.md). One thread at a time.
/// </summary>
internal sealed class S3Fifo(int maxEntries, long maxBytes)
{
    /// <summary>The small queue's part of the room.</summary>
    private const int SmallPart = 10;

    /// <summary>Links that may stay for one that goes: so nobody waits for a walk over a million.</summary>
    private const int MaxMoves = 1000;

    private readonly Queue _small = new();
    private readonly Queue _main = new();
    private readonly GhostQueue _gone = new();

    public int Entries => _small.Count + _main.Count;

    public long Bytes => _small.Bytes + _main.Bytes;

    public void Add(CachedLink link)
    {
        var isBack = _gone.Remove(link.Hash, Entries);
        AddTo(isBack ? _main : _small, link);
    }

    /// <summary>Puts a younger copy of a link in the place of the older: a reload is no visit.</summary>
    public void Replace(CachedLink old, CachedLink link)
    {
        link.SetHits(old.Hits);
        var queue = old.IsInMain ? _main : _small;
        Remove(old);
        AddTo(queue, link);
    }

    public void Remove(CachedLink link) => (link.IsInMain ? _main : _small).Remove(link);

    /// <summary>Takes out one who has to go, or nobody while all have room.</summary>
    public CachedLink? TakeOverflow()
    {
        if (Entries <= maxEntries && Bytes <= maxBytes)
            return null;
        for (var moves = 0; ; moves++)
        {
            var isFromSmall = IsSmallFull || _main.Oldest is null;
            var link = (isFromSmall ? _small : _main).Oldest!;
            Remove(link);
            var stays = isFromSmall ? link.Hits > 1 : link.Hits > 0;
            if (stays && moves < MaxMoves)
            {
                link.SetHits(isFromSmall ? 0 : link.Hits - 1);
                AddTo(_main, link);
                continue;
            }

            if (isFromSmall)
                _gone.Add(link.Hash, Entries);
            return link;
        }
    }

    public void Clear()
    {
        _small.Clear();
        _main.Clear();
    }

    /// <summary>All of them, those first that are the last to go.</summary>
    public IEnumerable<CachedLink> FromHottest() =>
        _main.All().OrderByDescending(link => link.Hits)
            .Concat(_small.All().OrderByDescending(link => link.Hits));

    private bool IsSmallFull =>
        _small.Oldest is not null
        && (_small.Count * (long)SmallPart >= maxEntries || _small.Bytes * SmallPart >= maxBytes);

    private void AddTo(Queue queue, CachedLink link)
    {
        link.IsInMain = queue == _main;
        queue.Add(link);
    }

    /// <summary>Links in the order in which they came, each holding its neighbours.</summary>
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

        public IEnumerable<CachedLink> All()
        {
            for (var link = _newest; link is not null; link = link.Older)
                yield return link;
        }
    }
}
