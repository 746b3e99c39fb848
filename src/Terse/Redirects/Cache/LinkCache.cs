using System.Runtime.InteropServices;
using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// Keeps links in memory for redirects. A probe takes no lock, allocates nothing and waits for nothing.
/// <see cref="LinkLoader"/> loads a link that a probe does not find. When a link changes, the cache removes
/// the link and detaches the link's running load. Once this server has been notified of a change, the cache
/// therefore never contains a copy of the link from before the notification. <see cref="S3Fifo"/> chooses
/// which link to evict. Safe for use by any number of threads.
/// </summary>
internal sealed class LinkCache : ILinkChangeListener
{
    private readonly BoundedLinkTable _table;
    private readonly LinkLoader _loader;
    private readonly StoreCircuit _circuit;
    private readonly LinkFreshness _freshness;
    private readonly IBlockFreshness _blockFreshness;
    private readonly RedirectMetrics _metrics;
    private readonly TimeProvider _time;

    /// <param name="table">Contains the cached links.</param>
    /// <param name="loader">
    /// Loads links. When a link changes, the cache detaches the running load of this link: the load finishes
    /// for the requests that wait already, but its result is not cached, and new requests do not join it.
    /// </param>
    /// <param name="circuit">The circuit breaker, which is open while the store cannot be reached.</param>
    /// <param name="freshness">Decides how long a link may be served.</param>
    /// <param name="blockFreshness">
    /// Tells how old the blocked hosts are. A server that was suspended serves no cached link before it has
    /// read the blocks.
    /// </param>
    /// <param name="metrics">Counts hits.</param>
    /// <param name="time">Provides the monotonic clock.</param>
    public LinkCache(
        BoundedLinkTable table,
        LinkLoader loader,
        StoreCircuit circuit,
        LinkFreshness freshness,
        IBlockFreshness blockFreshness,
        RedirectMetrics metrics,
        TimeProvider time)
    {
        (_table, _loader, _circuit, _freshness) = (table, loader, circuit, freshness);
        (_blockFreshness, _metrics, _time) = (blockFreshness, metrics, time);
        metrics.Observe(() => Count, () => Bytes);
    }

    public int Count => _table.Count;

    public long Bytes => _table.Bytes;

    /// <summary>
    /// Finds a link in memory. Counts a hit if the link is fresh. While the store cannot be reached, a stale
    /// link counts as fresh.
    /// </summary>
    /// <param name="domain">The domain name as stored; empty for the default domain.</param>
    /// <param name="code">The code. A text that cannot be a code is allowed and finds nothing.</param>
    public CacheProbe Probe(string domain, ReadOnlySpan<char> code)
    {
        if (!_table.TryGet(new HashedLinkName(domain, code), out var link))
            return default;
        var now = _time.GetTimestamp();
        var state = _freshness.Of(link.LoadedAt, now);
        if (state == CopyState.Unusable)
            return default;
        if (state != CopyState.Fresh && !_circuit.IsOpenAt(now))
        {
            if (state == CopyState.Stale)
                return new(link, IsFresh: false);
            _loader.ReloadInBackground(link.Name);
        }

        link.CountHit();
        _metrics.CountHit();
        return new(link, IsFresh: true);
    }

    /// <summary>
    /// Returns the names of at most <paramref name="limit"/> links that are expected to be evicted last, the
    /// hottest link first.
    /// </summary>
    public IReadOnlyList<LinkName> FindHottest(int limit)
    {
        lock (_table.WriteLock)
            return [.. _table.FromHottest().Take(limit).Select(link => link.Name)];
    }

    /// <inheritdoc/>
    public void OnChanged(LinkName name)
    {
        lock (_table.WriteLock)
        {
            _table.Remove(name);
            _loader.Detach(name);
        }
    }

    /// <inheritdoc/>
    public void OnAllChanged()
    {
        lock (_table.WriteLock)
        {
            _freshness.OnAllChanged();
            _loader.DetachAll();
        }
    }

    /// <inheritdoc/>
    public void OnComplete(long completeAt) =>
        _freshness.OnComplete(_blockFreshness.IsChecked
            ? completeAt
            : Math.Min(completeAt, _blockFreshness.ConfirmedAt));
}

/// <summary>The result of a probe of the cache.</summary>
/// <param name="Link">The link in memory, fresh or stale; null if the link is not cached.</param>
/// <param name="IsFresh">
/// Whether the link may be served without a load. False if the link is stale or not cached.
/// </param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct CacheProbe(CachedLink? Link, bool IsFresh);
