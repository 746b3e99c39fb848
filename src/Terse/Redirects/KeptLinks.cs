using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Terse.Redirects;

/// <summary>
/// The links in memory, within their bounds. Any number of threads may look; writers come one at a time.
/// </summary>
internal sealed class KeptLinks
{
    private readonly ConcurrentDictionary<(string Domain, string Code), KnownLink> _links =
        new(LinkKeyComparer.Instance);

    private readonly ConcurrentDictionary<(string Domain, string Code), KnownLink>.AlternateLookup<LinkKey>
        _linksBySpan;

    private readonly S3Fifo _order;
    private readonly RedirectMetrics _metrics;

    /// <param name="maxEntries">How many there are at most.</param>
    /// <param name="maxBytes">How many bytes they take at most.</param>
    /// <param name="metrics">Counts those that have to go.</param>
    public KeptLinks(int maxEntries, long maxBytes, RedirectMetrics metrics)
    {
        _linksBySpan = _links.GetAlternateLookup<LinkKey>();
        _order = new S3Fifo(maxEntries, maxBytes);
        _metrics = metrics;
    }

    public int Count => _order.Entries;

    public long Bytes => _order.Bytes;

    public bool TryGet(LinkKey key, [NotNullWhen(true)] out KnownLink? link) =>
        _linksBySpan.TryGetValue(key, out link);

    public bool TryGet((string Domain, string Code) key, [NotNullWhen(true)] out KnownLink? link) =>
        _links.TryGetValue(key, out link);

    /// <summary>Keeps a link, in the place of an older copy or of those who have to go.</summary>
    public void Keep((string Domain, string Code) key, KnownLink link)
    {
        if (_links.TryGetValue(key, out var old))
            _order.Replace(old, link);
        else
            _order.Add(link);
        _links[key] = link;
        while (_order.TakeOverflow() is { } gone)
        {
            _links.TryRemove((gone.Domain, gone.Code), out _);
            _metrics.CountEviction();
        }
    }

    public void Drop((string Domain, string Code) key)
    {
        if (_links.TryRemove(key, out var link))
            _order.Remove(link);
    }

    public void Clear()
    {
        _links.Clear();
        _order.Clear();
    }

    /// <inheritdoc cref="S3Fifo.FromHottest"/>
    public IEnumerable<KnownLink> FromHottest() => _order.FromHottest();
}
