using System.Runtime.InteropServices;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// Loads links from the store and puts them into the cache's table. Requests that ask for the same link at
/// the same time share one load (single-flight). A link that changes while its load runs detaches the load:
/// the requests that wait for the load still get its result, but the result is never cached, so nothing that
/// was read before a change is cached after it. Safe for use by any number of threads.
/// </summary>
/// <remarks>
/// A null result is never cached, and neither is a link that needs a decision at each visit: a deleted,
/// expired or blocked link, and a link with a limited number of visits. The list of blocked hosts is read
/// once at start, so no cached link leads to a blocked host.
/// </remarks>
internal sealed class LinkLoader
{
    private readonly ILinkReader _reader;
    private readonly Func<string, bool> _isBlocked;
    private readonly BoundedLinkTable _table;
    private readonly StoreCircuit _circuit;
    private readonly RedirectMetrics _metrics;
    private readonly TimeProvider _time;

    /// <summary>The running loads that new requests may join; guarded by the table's lock.</summary>
    private readonly Dictionary<LinkName, LinkLoad> _loads = [];

    /// <param name="reader">The store.</param>
    /// <param name="isBlocked">Whether redirects to a target are blocked.</param>
    /// <param name="table">The links in memory.</param>
    /// <param name="circuit">Whether the store is lost.</param>
    /// <param name="metrics">Counts hits and misses.</param>
    /// <param name="time">The clocks.</param>
    public LinkLoader(
        ILinkReader reader,
        Func<string, bool> isBlocked,
        BoundedLinkTable table,
        StoreCircuit circuit,
        RedirectMetrics metrics,
        TimeProvider time)
    {
        (_reader, _isBlocked, _table, _circuit) = (reader, isBlocked, table, circuit);
        (_metrics, _time) = (metrics, time);
    }

    /// <summary>
    /// Finds a link after a probe of the cache. A fresh link is the result; without one, the link is loaded.
    /// While the store is lost, a stale link is the result.
    /// </summary>
    /// <param name="name">The link's name.</param>
    /// <param name="probe">The result of <see cref="LinkCache.Probe"/> for this name.</param>
    /// <param name="cancellationToken">Ends the wait. The load goes on for other requests.</param>
    /// <returns>Null where no link has this name.</returns>
    /// <exception cref="StoreUnavailableException">The link is not cached, and the store is lost.</exception>
    public ValueTask<CachedLink?> FindAsync(
        LinkName name, CacheProbe probe, CancellationToken cancellationToken)
    {
        if (probe.IsFresh)
            return new(probe.Link);
        if (probe.Link is { } stale && !_circuit.TryStartTrial())
        {
            _metrics.CountHit();
            return new(stale);
        }

        _metrics.CountMiss();
        return probe.Link is null
            ? new(LoadAsync(name, cancellationToken))
            : ReloadAsync(name, cancellationToken);
    }

    /// <summary>Detaches the running load of a link. The caller holds the table's lock.</summary>
    public void Detach(LinkName name)
    {
        if (_loads.Remove(name, out var load))
            load.IsDetached = true;
    }

    /// <summary>Detaches all running loads. The caller holds the table's lock.</summary>
    public void DetachAll()
    {
        foreach (var load in _loads.Values)
            load.IsDetached = true;
        _loads.Clear();
    }

    /// <summary>Loads a link again; without the store, a stale link is better than an error.</summary>
    private async ValueTask<CachedLink?> ReloadAsync(LinkName name, CancellationToken cancellationToken)
    {
        try
        {
            return await LoadAsync(name, cancellationToken);
        }
        catch (StoreUnavailableException) when (_table.TryGet(name, out var stale))
        {
            return stale;
        }
    }

    /// <remarks>
    /// A caller that joins a running load must not trust a null result: the link may have been created after
    /// the load began. It loads once more.
    /// </remarks>
    private async Task<CachedLink?> LoadAsync(LinkName name, CancellationToken cancellationToken)
    {
        var (load, isJoined) = JoinOrStart(name);
        if (isJoined)
        {
            if (await load.WaitAsync(cancellationToken) is { } link)
                return link;
            (load, isJoined) = JoinOrStart(name);
        }

        if (!isJoined)
            _ = RunAsync(name, load);
        return await load.WaitAsync(cancellationToken);
    }

    /// <summary>
    /// Joins the running load of a link, unless that load began too long ago; else registers a new load,
    /// which the caller has to run.
    /// </summary>
    private (LinkLoad Load, bool IsJoined) JoinOrStart(LinkName name)
    {
        var now = _time.GetTimestamp();
        lock (_table.WriteLock)
        {
            ref var load = ref CollectionsMarshal.GetValueRefOrAddDefault(_loads, name, out _);
            if (load is not null
                && _time.GetElapsedTime(load.StartedAt, now) <= CacheOptions.MaxAgeWhileDisconnected)
            {
                return (load, true);
            }

            if (load is not null)
                load.IsDetached = true;
            load = new LinkLoad(now);
            return (load, false);
        }
    }

    /// <summary>Reads the store for all who wait, so that no single caller can cancel the read.</summary>
    private async Task RunAsync(LinkName name, LinkLoad load)
    {
        CachedLink? found;
        try
        {
            var link = await _reader.FindAsync(name, CancellationToken.None);
            found = link is null
                ? null
                : CachedLink.Of(link, name, load.StartedAt, _isBlocked(link.Target));
        }
#pragma warning disable CA1031 // Every caller that waits gets the exception.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Fail(name, load, exception);
            return;
        }

        Complete(name, load, found);
    }

    /// <summary>
    /// The check of <see cref="LinkLoad.IsDetached"/> and the write to the table are one step under the lock:
    /// no change can come between them.
    /// </summary>
    private void Complete(LinkName name, LinkLoad load, CachedLink? found)
    {
        _circuit.Close();
        lock (_table.WriteLock)
        {
            if (!load.IsDetached)
            {
                _loads.Remove(name);
                if (found is { IsCacheable: true } && !found.HasExpired(_time.GetUtcNow()))
                    _table.Put(found);
                else
                    _table.Remove(name);
            }
        }

        load.SetResult(found);
    }

    /// <summary>Opens the circuit only where a stale link can be served meanwhile.</summary>
    private void Fail(LinkName name, LinkLoad load, Exception exception)
    {
        if (exception is StoreUnavailableException && _table.TryGet(name, out _))
            _circuit.Open();
        lock (_table.WriteLock)
        {
            if (!load.IsDetached)
                _loads.Remove(name);
        }

        load.SetException(exception);
    }
}
