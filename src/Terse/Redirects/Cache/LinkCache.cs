using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// The links that are followed, in memory. A hit takes no lock, allocates nothing and asks nobody; a miss
/// asks the store, once for all who ask for the same code at a time. What was read before a change is never
/// kept after it: whoever tells of a change takes the link out, and lets go of the lookup that is under way.
/// Who goes when there is no more room, <see cref="S3Fifo"/> knows. Safe for use by any number of threads.
/// </summary>
/// <remarks>
/// "There is none" is never kept, and neither is a link that has to be looked at each time: one that is
/// deleted, expired, blocked, or limited to so many visits. A blocked host is a setting, which is read once,
/// so what is kept leads to none.
/// </remarks>
internal sealed class LinkCache : ILinkChangeListener
{
    /// <summary>How old a link may be while changes may go unheard.</summary>
    private static readonly TimeSpan UnheardAge = TimeSpan.FromSeconds(5);

    private readonly ILinkReader _store;
    private readonly Func<string, bool> _isBlocked;
    private readonly RedirectMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly BoundedLinkTable _links;

    /// <summary>For the lookups under way, and for every write to the links that are kept.</summary>
    private readonly Lock _lock = new();
    private readonly Dictionary<LinkName, LinkLoad> _flights = [];

    private readonly StoreCircuit _loss;
    private readonly TimeSpan _ownMaxAge;
    private long _maxAge;

    /// <param name="store">Who is asked for what is not kept.</param>
    /// <param name="isBlocked">Whether a target is one that is not to be led to.</param>
    /// <param name="options">The bounds.</param>
    /// <param name="metrics">Counts.</param>
    /// <param name="time">The clocks.</param>
    public LinkCache(
        ILinkReader store,
        Func<string, bool> isBlocked,
        IOptions<CacheOptions> options,
        RedirectMetrics metrics,
        TimeProvider time)
    {
        (_store, _isBlocked, _metrics, _time) = (store, isBlocked, metrics, time);
        _links = new BoundedLinkTable(options.Value.MaxEntries, options.Value.MaxBytes, metrics);
        _loss = new StoreCircuit(time);
        _ownMaxAge = options.Value.MaxAge;
        _maxAge = TicksOf(_ownMaxAge);
        metrics.Observe(() => Entries, () => Bytes);
    }

    public int Entries => _links.Count;

    public long Bytes => _links.Bytes;

    /// <summary>Finds a link in memory; one that is too old only while the store is lost.</summary>
    public bool TryGet(string domain, ReadOnlySpan<char> code, [NotNullWhen(true)] out CachedLink? link)
    {
        if (!_links.TryGet(new HashedLinkName(domain, code), out link) || !IsGoodEnough(link))
            return false;
        link.CountHit();
        _metrics.CountHit();
        return true;
    }

    /// <summary>Finds a link in memory or in the store, or null where there is none.</summary>
    /// <exception cref="StoreUnavailableException">It is not in memory, and the store is lost.</exception>
    public ValueTask<CachedLink?> FindAsync(
        LinkName name, CancellationToken cancellationToken)
    {
        if (TryGet(name.Domain, name.Code, out var link))
            return new(link);
        if (!_links.TryGet(name, out var old))
        {
            _metrics.CountMiss();
            return new(LoadAsync(name, cancellationToken));
        }

        if (_loss.TryBeAsker())
        {
            _metrics.CountMiss();
            return ReloadAsync(name, cancellationToken);
        }

        _metrics.CountHit();
        return new(old);
    }

    /// <summary>The codes of those links that would be missed most.</summary>
    public IReadOnlyList<LinkName> FindHottest(int most)
    {
        lock (_lock)
            return [.. _links.FromHottest().Take(most).Select(link => new LinkName(link.Domain, link.Code))];
    }

    /// <inheritdoc/>
    public void OnChanged(LinkName name)
    {
        lock (_lock)
        {
            _links.Drop(name);
            if (_flights.Remove(name, out var flight))
                flight.IsDetached = true;
        }
    }

    /// <inheritdoc/>
    public void OnAllChanged()
    {
        lock (_lock)
        {
            _links.Clear();
            foreach (var flight in _flights.Values)
                flight.IsDetached = true;
            _flights.Clear();
        }
    }

    /// <inheritdoc/>
    public void OnDisconnected() =>
        Volatile.Write(ref _maxAge, TicksOf(_ownMaxAge < UnheardAge ? _ownMaxAge : UnheardAge));

    /// <inheritdoc/>
    public void OnConnected() => Volatile.Write(ref _maxAge, TicksOf(_ownMaxAge));

    private bool IsGoodEnough(CachedLink link)
    {
        var now = _time.GetTimestamp();
        return now - link.LoadedAt <= Volatile.Read(ref _maxAge) || _loss.IsKnownAt(now);
    }

    /// <summary>Without the store, a link that is too old is better than none.</summary>
    private async ValueTask<CachedLink?> ReloadAsync(
        LinkName name, CancellationToken cancellationToken)
    {
        try
        {
            return await LoadAsync(name, cancellationToken);
        }
        catch (StoreUnavailableException) when (_links.TryGet(name, out var old))
        {
            return old;
        }
    }

    /// <remarks>
    /// Who comes while a lookup is under way may know of a link that is younger: "there is none" is an answer
    /// to him only if it was asked after he came.
    /// </remarks>
    private async Task<CachedLink?> LoadAsync(
        LinkName name, CancellationToken cancellationToken)
    {
        var (flight, isShared) = Board(name);
        if (isShared)
        {
            if (await flight.EndAsync(cancellationToken) is { } link)
                return link;
            (flight, isShared) = Board(name);
        }

        if (!isShared)
            _ = FlyAsync(name, flight);
        return await flight.EndAsync(cancellationToken);
    }

    /// <summary>Joins a lookup that is under way, unless it takes too long, or begins one.</summary>
    private (LinkLoad Flight, bool IsShared) Board(LinkName name)
    {
        var now = _time.GetTimestamp();
        lock (_lock)
        {
            ref var flight = ref CollectionsMarshal.GetValueRefOrAddDefault(_flights, name, out _);
            if (flight is not null && now - flight.BeganAt <= TicksOf(UnheardAge))
                return (flight, true);
            if (flight is not null)
                flight.IsDetached = true;
            flight = new LinkLoad(now);
            return (flight, false);
        }
    }

    /// <summary>Asks the store; shared by all who wait, so none of them can cancel it.</summary>
    private async Task FlyAsync(LinkName name, LinkLoad flight)
    {
        CachedLink? found;
        try
        {
            var link = await _store.FindAsync(name, CancellationToken.None);
            found = link is null
                ? null
                : CachedLink.Of(link, StringsOf(name), flight.BeganAt, _isBlocked(link.Target));
        }
#pragma warning disable CA1031 // Those who wait are told, whatever it is.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Crash(name, flight, exception is StoreUnavailableException);
            flight.Fail(exception);
            return;
        }

        Land(name, flight, found);
        flight.End(found);
    }

    /// <summary>The strings that are kept already, where the link is: one of each is enough.</summary>
    private LinkName StringsOf(LinkName name) =>
        _links.TryGet(name, out var old) ? new(old.Domain, old.Code) : name;

    private void Land(LinkName name, LinkLoad flight, CachedLink? found)
    {
        _loss.End();
        lock (_lock)
        {
            if (flight.IsDetached)
                return;
            _flights.Remove(name);
            if (found is { IsToBeKept: true } && !found.HasExpired(_time.GetUtcNow()))
                _links.Keep(found);
            else
                _links.Drop(name);
        }
    }

    private void Crash(LinkName name, LinkLoad flight, bool isLost)
    {
        if (isLost && _links.TryGet(name, out _))
            _loss.Begin();
        lock (_lock)
        {
            if (!flight.IsDetached)
                _flights.Remove(name);
        }
    }

    private long TicksOf(TimeSpan time) => (long)(time.TotalSeconds * _time.TimestampFrequency);
}
