using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;
using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// The links that redirects follow, in memory. A probe takes no lock, allocates nothing and waits for
/// nothing; <see cref="LinkLoader"/> loads a link that a probe does not find. A change removes the link from
/// the cache and detaches its running load, so nothing that was read before a change is cached after it.
/// <see cref="S3Fifo"/> chooses which link to evict. Safe for use by any number of threads.
/// </summary>
internal sealed class LinkCache : ILinkChangeListener
{
    private readonly BoundedLinkTable _table;
    private readonly LinkLoader _loader;
    private readonly StoreCircuit _circuit;
    private readonly RedirectMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly long _maxTicksWhileConnected;
    private readonly long _maxTicksWhileDisconnected;

    /// <summary>Up to which age a link is fresh, in ticks of the monotonic clock.</summary>
    private long _maxTicks;

    /// <param name="table">The links in memory.</param>
    /// <param name="loader">Its running loads are detached when links change.</param>
    /// <param name="circuit">Whether the store is lost.</param>
    /// <param name="options">The maximum age.</param>
    /// <param name="metrics">Counts hits.</param>
    /// <param name="time">The clocks.</param>
    public LinkCache(
        BoundedLinkTable table,
        LinkLoader loader,
        StoreCircuit circuit,
        IOptions<CacheOptions> options,
        RedirectMetrics metrics,
        TimeProvider time)
    {
        (_table, _loader, _circuit, _metrics, _time) = (table, loader, circuit, metrics, time);
        var maxAge = options.Value.MaxAge;
        _maxTicksWhileConnected = TicksOf(maxAge);
        _maxTicksWhileDisconnected = Math.Min(
            _maxTicksWhileConnected, TicksOf(CacheOptions.MaxAgeWhileDisconnected));
        _maxTicks = _maxTicksWhileConnected;
        metrics.Observe(() => Count, () => Bytes);
    }

    public int Count => _table.Count;

    public long Bytes => _table.Bytes;

    /// <summary>Finds a link in memory. A fresh link counts as a hit.</summary>
    /// <param name="domain">The stored domain name.</param>
    /// <param name="code">The code; any text, since text that is no code finds nothing.</param>
    public CacheProbe Probe(string domain, ReadOnlySpan<char> code)
    {
        if (!_table.TryGet(new HashedLinkName(domain, code), out var link))
            return default;
        if (!IsFresh(link))
            return new(link, IsFresh: false);
        link.CountHit();
        _metrics.CountHit();
        return new(link, IsFresh: true);
    }

    /// <summary>The names of the links that are the last to be evicted, the hottest link first.</summary>
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
            _table.Clear();
            _loader.DetachAll();
        }
    }

    /// <inheritdoc/>
    public void OnDisconnected() => Volatile.Write(ref _maxTicks, _maxTicksWhileDisconnected);

    /// <inheritdoc/>
    public void OnConnected() => Volatile.Write(ref _maxTicks, _maxTicksWhileConnected);

    /// <summary>While the store is lost, a link of any age is fresh enough.</summary>
    private bool IsFresh(CachedLink link)
    {
        var now = _time.GetTimestamp();
        return now - link.LoadedAt <= Volatile.Read(ref _maxTicks) || _circuit.IsOpenAt(now);
    }

    private long TicksOf(TimeSpan time) => (long)(time.TotalSeconds * _time.TimestampFrequency);
}

/// <summary>The result of a probe of the cache.</summary>
/// <param name="Link">The link in memory; null where the link is not cached.</param>
/// <param name="IsFresh">
/// Whether the link may be served without a load. False for a stale link, and where there is no link.
/// </param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct CacheProbe(CachedLink? Link, bool IsFresh);
