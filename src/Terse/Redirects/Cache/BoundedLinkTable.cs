using System.Diagnostics.CodeAnalysis;

namespace Terse.Redirects;

/// <summary>
/// Stores the cached links, and limits their number and their bytes. Any number of threads may read without a
/// lock. A thread that writes must hold <see cref="WriteLock"/>.
/// </summary>
internal sealed class BoundedLinkTable
{
    /// <summary>
    /// How many links a thread evicts while it holds the lock. A link with many bytes rarely needs more; the
    /// next link then evicts the rest.
    /// </summary>
    private const int MaxEvictionsAtOnce = 1000;

    private readonly LinkTable _links;
    private readonly S3Fifo _order;
    private readonly RedirectMetrics _metrics;

    /// <param name="maxEntries">The maximum number of links.</param>
    /// <param name="maxBytes">
    /// The maximum number of bytes that the links may use; see <see cref="Bytes"/>.
    /// </param>
    /// <param name="metrics">Counts evictions.</param>
    public BoundedLinkTable(int maxEntries, long maxBytes, RedirectMetrics metrics)
    {
        _links = new LinkTable(Math.Min(maxEntries, maxBytes / CachedLink.MinBytes));
        _order = new S3Fifo(maxEntries, maxBytes);
        _metrics = metrics;
    }

    /// <summary>
    /// The lock that a thread must hold for every write to this table and to the running loads of
    /// <see cref="LinkLoader"/>. When a link changes, <see cref="LinkCache"/> can therefore remove the link
    /// from the table and detach the link's load in one step.
    /// </summary>
    public Lock WriteLock { get; } = new();

    public int Count => _order.Count;

    public long Bytes => _order.Bytes;

    /// <inheritdoc cref="LinkTable.All"/>
    public IEnumerable<CachedLink> All => _links.All;

    public bool TryGet(HashedLinkName name, [NotNullWhen(true)] out CachedLink? link) =>
        _links.TryGet(name, out link);

    /// <summary>
    /// Adds a link, or replaces its older copy. Then evicts links, so that the table is within its limits.
    /// </summary>
    public void Put(CachedLink link)
    {
        if (_links.TryGet(link.HashedName, out var older))
        {
            _order.Replace(older, link);
            _links.Replace(older, link);
        }
        else
        {
            _order.Add(link);
            _links.Add(link);
        }

        for (var evicted = 0; evicted < MaxEvictionsAtOnce && TryEvict(); evicted++)
        {
        }
    }

    /// <summary>
    /// Changes the limits, and evicts the links that are too many now. Releases the lock in between, so that
    /// a cache of millions of links shrinks without a pause of redirects.
    /// </summary>
    public void Resize(int maxEntries, long maxBytes)
    {
        lock (WriteLock)
            _order.Resize(maxEntries, maxBytes);
        while (true)
        {
            lock (WriteLock)
            {
                for (var evicted = 0; evicted < MaxEvictionsAtOnce; evicted++)
                {
                    if (!TryEvict())
                        return;
                }
            }
        }
    }

    /// <summary>Removes a link. Does nothing if the link is not in the table.</summary>
    public void Remove(HashedLinkName name)
    {
        if (!_links.TryGet(name, out var link))
            return;
        _links.Remove(link);
        _order.Remove(link);
    }

    public void Clear()
    {
        _links.Clear();
        _order.Clear();
    }

    private bool TryEvict()
    {
        if (!_order.TryEvict(out var evicted))
            return false;
        _links.Remove(evicted);
        _metrics.CountEviction();
        return true;
    }

    /// <inheritdoc cref="S3Fifo.FromHottest"/>
    public IEnumerable<CachedLink> FromHottest() => _order.FromHottest();
}
