using System.Runtime.InteropServices;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// Loads links from the store and puts them into the table of cached links. Requests that ask for the same
/// link at the same time share one load (single-flight). When a link changes while its load runs, the load is
/// detached: the requests that wait for the load still get its result, but the result is not cached. Once
/// this server has been notified of a change, the cache therefore never contains a copy of the link from
/// before the notification. Safe for use by any number of threads.
/// </summary>
/// <remarks>
/// If the store finds no link, nothing is cached. A deleted, disabled, expired or blocked link and a link
/// with a visit limit are not cached either (<see cref="CachedLink.IsCacheable"/>). When the blocked hosts
/// change, <see cref="BlockedLinks"/> removes the cached links that have become blocked.
/// </remarks>
internal sealed class LinkLoader
{
    /// <summary>
    /// The maximum number of background loads that run at the same time. While so many run, a link that
    /// should be loaded again is only served; the next request for the link tries again.
    /// </summary>
    private const int MaxBackgroundLoads = 256;

    private readonly ILinkReader _reader;
    private readonly BlockMap _blocks;
    private readonly IBlockFreshness _blockFreshness;
    private readonly BoundedLinkTable _table;
    private readonly StoreCircuit _circuit;
    private readonly LinkFreshness _freshness;
    private readonly RedirectMetrics _metrics;
    private readonly TimeProvider _time;

    /// <summary>
    /// The running loads that new requests may join. A thread that reads or writes this dictionary must hold
    /// <see cref="BoundedLinkTable.WriteLock"/>.
    /// </summary>
    private readonly Dictionary<LinkName, LinkLoad> _loads = [];

    private int _backgroundLoads;

    /// <param name="reader">Reads links from the store.</param>
    /// <param name="blocks">Contains the blocked hosts.</param>
    /// <param name="blockFreshness">Makes sure that the blocked hosts are young enough.</param>
    /// <param name="table">Receives the loaded links.</param>
    /// <param name="circuit">
    /// The circuit breaker, which is opened when the store cannot be reached and closed when a load succeeds.
    /// </param>
    /// <param name="freshness">Decides whether a stale link may be served.</param>
    /// <param name="metrics">Counts hits and misses.</param>
    /// <param name="time">Provides the wall clock and the monotonic clock.</param>
    public LinkLoader(
        ILinkReader reader,
        BlockMap blocks,
        IBlockFreshness blockFreshness,
        BoundedLinkTable table,
        StoreCircuit circuit,
        LinkFreshness freshness,
        RedirectMetrics metrics,
        TimeProvider time)
    {
        (_reader, _blocks, _blockFreshness) = (reader, blocks, blockFreshness);
        (_table, _circuit, _freshness) = (table, circuit, freshness);
        (_metrics, _time) = (metrics, time);
    }

    /// <summary>
    /// Finds a link after the cache was probed. Returns the cached link if it is fresh; else loads the link.
    /// While the store cannot be reached, returns the cached link even if it is stale.
    /// </summary>
    /// <param name="name">The name of the link.</param>
    /// <param name="probe">The result of <see cref="LinkCache.Probe"/> for this name.</param>
    /// <param name="cancellationToken">
    /// Cancels the wait of this caller. The load continues for other callers.
    /// </param>
    /// <returns>The link; null if no link has this name.</returns>
    /// <exception cref="StoreUnavailableException">
    /// The link is not cached, and the store cannot be reached.
    /// </exception>
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

    /// <summary>
    /// Loads a cached link again while the cache serves its present copy. Does nothing if a load of this link
    /// runs already, if too many links are being loaded, or if the store cannot be reached.
    /// </summary>
    public void ReloadInBackground(LinkName name)
    {
        if (Volatile.Read(ref _backgroundLoads) >= MaxBackgroundLoads || !_circuit.TryStartTrial())
            return;
        var (load, isJoined) = JoinOrStart(name);
        if (!isJoined)
            _ = ReloadInBackgroundAsync(name, load);
    }

    private async Task ReloadInBackgroundAsync(LinkName name, LinkLoad load)
    {
        Interlocked.Increment(ref _backgroundLoads);
        await RunAsync(name, load);
        Interlocked.Decrement(ref _backgroundLoads);
    }

    /// <summary>
    /// Detaches the running load of a link, if there is one: new requests do not join this load, and its
    /// result is not cached. The caller must hold <see cref="BoundedLinkTable.WriteLock"/>.
    /// </summary>
    public void Detach(LinkName name)
    {
        if (_loads.Remove(name, out var load))
            load.IsDetached = true;
    }

    /// <summary>
    /// Detaches all running loads. The caller must hold <see cref="BoundedLinkTable.WriteLock"/>.
    /// </summary>
    public void DetachAll()
    {
        foreach (var load in _loads.Values)
            load.IsDetached = true;
        _loads.Clear();
    }

    /// <summary>
    /// Loads a stale link again. If the store cannot be reached, returns the stale link, which is better than
    /// an error.
    /// </summary>
    private async ValueTask<CachedLink?> ReloadAsync(LinkName name, CancellationToken cancellationToken)
    {
        try
        {
            return await LoadAsync(name, cancellationToken);
        }
        catch (StoreUnavailableException exception) when (
            _table.TryGet(name, out var stale)
            && _freshness.MayServeStale(stale.LoadedAt, exception.IsOverload))
        {
            return stale;
        }
    }

    /// <remarks>
    /// If the caller joins a running load, that load began before this call. A null result of that load is
    /// not reliable, because the link may have been created after the load began. The caller therefore waits
    /// for a second load, which begins after this call.
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
    /// Joins the running load of a link. If no load is running, or the running load began more than
    /// <see cref="ChangeDelay.Max"/> ago, registers a new load; the caller must start
    /// the new load with <see cref="RunAsync"/>.
    /// </summary>
    private (LinkLoad Load, bool IsJoined) JoinOrStart(LinkName name)
    {
        var now = _time.GetTimestamp();
        lock (_table.WriteLock)
        {
            ref var load = ref CollectionsMarshal.GetValueRefOrAddDefault(_loads, name, out _);
            if (load is not null
                && _time.GetElapsedTime(load.StartedAt, now) <= ChangeDelay.Max)
            {
                return (load, true);
            }

            if (load is not null)
                load.IsDetached = true;
            load = new LinkLoad(now);
            return (load, false);
        }
    }

    /// <summary>
    /// Reads the link from the store, and completes the load. No caller can cancel the read, because other
    /// callers may wait for the same load.
    /// </summary>
    private async Task RunAsync(LinkName name, LinkLoad load)
    {
        Link? link;
        BlockTables blocks;
        CachedLink? found;
        var readAt = load.StartedAt;
        try
        {
            await _blockFreshness.ConfirmAsync();
            readAt = _time.GetTimestamp();
            link = await _reader.FindAsync(name, CancellationToken.None);
            blocks = _blocks.Current;
            found = Prepare(link, name, load, blocks);
        }
#pragma warning disable CA1031 // Every caller that waits for the load gets the exception.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Fail(name, load, readAt, exception);
            return;
        }

        Complete(name, load, link, found, blocks);
    }

    /// <summary>
    /// Completes the load with its result. The check of <see cref="LinkLoad.IsDetached"/> and the write to
    /// the table happen under one lock, so that no change of the link can be reported between the check and
    /// the write. The same applies to the blocked hosts: if they have changed since the link was checked, the
    /// link is checked again under the lock.
    /// </summary>
    private void Complete(LinkName name, LinkLoad load, Link? link, CachedLink? found, BlockTables blocks)
    {
        _circuit.Close();
        lock (_table.WriteLock)
        {
            if (_blocks.Current is var current && current != blocks)
                found = Prepare(link, name, load, current);
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

    private CachedLink? Prepare(Link? link, LinkName name, LinkLoad load, BlockTables blocks) =>
        link is null
            ? null
            : CachedLink.Of(link, name, load.StartedAt, blocks.IsBlocked(link), _time.GetUtcNow());

    /// <summary>
    /// Completes the load with an exception. Opens the circuit only if the store cannot be reached and the
    /// cache contains a stale copy of the link, because an open circuit only helps if a stale copy can be
    /// served. A load that was cut off by a suspension of the server says nothing about the store.
    /// </summary>
    private void Fail(LinkName name, LinkLoad load, long readAt, Exception exception)
    {
        if (exception is StoreUnavailableException { IsOverload: false }
            && _time.GetElapsedTime(readAt) <= ChangeDelay.Max
            && _table.TryGet(name, out var stale)
            && _freshness.MayServeStale(stale.LoadedAt, isOverload: false))
        {
            _circuit.Open();
        }

        lock (_table.WriteLock)
        {
            if (!load.IsDetached)
                _loads.Remove(name);
        }

        load.SetException(exception);
    }
}
