using System.Diagnostics.CodeAnalysis;

namespace Terse.Redirects;

/// <summary>
/// The links in memory, within their bounds. Any number of threads may look; writers come one at a time.
/// </summary>
internal sealed class BoundedLinkTable
{
    private readonly LinkTable _links;
    private readonly S3Fifo _order;
    private readonly RedirectMetrics _metrics;

    /// <param name="maxEntries">How many there are at most.</param>
    /// <param name="maxBytes">How many bytes they take at most.</param>
    /// <param name="metrics">Counts those that have to go.</param>
    public BoundedLinkTable(int maxEntries, long maxBytes, RedirectMetrics metrics)
    {
        _links = new LinkTable(Math.Min(maxEntries, maxBytes / CachedLink.MinBytes));
        _order = new S3Fifo(maxEntries, maxBytes);
        _metrics = metrics;
    }

    public int Count => _order.Entries;

    public long Bytes => _order.Bytes;

    public bool TryGet(HashedLinkName name, [NotNullWhen(true)] out CachedLink? link) =>
        _links.TryGet(name, out link);

    /// <summary>Keeps a link, in the place of an older copy or of those who have to go.</summary>
    public void Keep(CachedLink link)
    {
        if (_links.TryGet(link.HashedName, out var old))
        {
            _order.Replace(old, link);
            _links.Replace(old, link);
        }
        else
        {
            _order.Add(link);
            _links.Add(link);
        }

        while (_order.TakeOverflow() is { } gone)
        {
            _links.Remove(gone);
            _metrics.CountEviction();
        }
    }

    public void Drop(HashedLinkName name)
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

    /// <inheritdoc cref="S3Fifo.FromHottest"/>
    public IEnumerable<CachedLink> FromHottest() => _order.FromHottest();
}
