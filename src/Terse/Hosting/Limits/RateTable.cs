using System.Runtime.InteropServices;

namespace Terse.Hosting;

/// <summary>
/// Counts requests of clients against one limit. A client may send <c>quota</c> requests at once, and they
/// come back evenly within the window (generic cell rate algorithm), so no window has more than twice as
/// many. Safe for use by any number of threads.
/// </summary>
/// <remarks>
/// A client needs an entry only until all its requests have come back, and the number of entries is bounded.
/// While all are in use, clients without an entry share the requests of their neighbours
/// (<see cref="LimitedClient.Neighbours"/>). So a flood from many addresses is limited, blocks neither the
/// clients that have an entry nor clients of other networks, and takes no more memory.
/// docs/decisions/0029 says why this is no <c>RateLimiter</c> of .NET.
/// </remarks>
internal sealed class RateTable(int quota, TimeSpan window, TimeProvider time)
{
    private int _quota = quota;
    private long _part = PartOf(quota, window, time);

    /// <summary>The maximum number of clients with an entry of their own. They take about 3 MB.</summary>
    public const int MaxClients = 1 << 16;

    /// <summary>The number of entries for neighbours. A hash with a random seed selects the entry.</summary>
    public const int SharedEntries = 1 << 12;

    /// <summary>How often entries that are no longer needed are searched while all are in use.</summary>
    public static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();

    /// <summary>
    /// For each client, when all its requests will have come back, as a timestamp of the monotonic clock.
    /// Each request adds <see cref="_part"/>.
    /// </summary>
    private readonly Dictionary<LimitedClient, long> _ends = [];

    /// <summary>As <see cref="_ends"/>, for neighbours.</summary>
    private long[]? _sharedEnds;

    private long _sweptAt = long.MinValue;

    /// <summary>The number of requests that a client may send at once.</summary>
    public int Quota => Volatile.Read(ref _quota);

    public TimeSpan Window => window;

    /// <summary>The number of clients with an entry.</summary>
    public int Clients
    {
        get
        {
            lock (_lock)
                return _ends.Count;
        }
    }

    /// <summary>
    /// Changes the quota. A client that has used up half of its requests then has half of the new number.
    /// </summary>
    public void SetQuota(int quota)
    {
        lock (_lock)
            (_quota, _part) = (quota, PartOf(quota, window, time));
    }

    /// <summary>Counts a request, unless the client has none left.</summary>
    /// <param name="client">Who sends the request.</param>
    /// <param name="state">What the client has left after this request.</param>
    public bool TryTake(LimitedClient client, out RateState state)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            ref var end = ref FindOrAdd(client, now);
            var used = Math.Max(end, now) - now;
            var isTaken = used + _part <= _quota * _part;
            if (isTaken)
                end = now + (used += _part);
            state = StateOf(used);
            return isTaken;
        }
    }

    /// <summary>Takes a request back that <see cref="TryTake"/> has counted.</summary>
    public void TakeBack(LimitedClient client)
    {
        lock (_lock)
        {
            ref var end = ref CollectionsMarshal.GetValueRefOrNullRef(_ends, client);
            if (!System.Runtime.CompilerServices.Unsafe.IsNullRef(ref end))
                end -= _part;
            else if (_sharedEnds is not null)
                SharedEndOf(client) -= _part;
        }
    }

    /// <summary>Returns what a client has left.</summary>
    public RateState Read(LimitedClient client)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            var isShared = !_ends.TryGetValue(client, out var end) && _ends.Count == MaxClients;
            if (isShared && _sharedEnds is not null)
                end = SharedEndOf(client);
            return StateOf(Math.Max(end, now) - now);
        }
    }

    private RateState StateOf(long used)
    {
        var wait = used + _part - (_quota * _part);
        return new(
            (int)Math.Max(0, ((_quota * _part) - used) / _part),
            time.GetElapsedTime(0, used),
            wait > 0 ? time.GetElapsedTime(0, wait) : TimeSpan.Zero);
    }

    private static long PartOf(int quota, TimeSpan window, TimeProvider time) => Math.Max(
        1, (long)((Int128)window.Ticks * time.TimestampFrequency / TimeSpan.TicksPerSecond / quota));

    private ref long FindOrAdd(LimitedClient client, long now)
    {
        ref var end = ref CollectionsMarshal.GetValueRefOrNullRef(_ends, client);
        if (!System.Runtime.CompilerServices.Unsafe.IsNullRef(ref end))
            return ref end;
        if (_ends.Count == MaxClients)
            Sweep(now);
        if (_ends.Count == MaxClients)
            return ref SharedEndOf(client);
        end = ref CollectionsMarshal.GetValueRefOrAddDefault(_ends, client, out _);
        end = now;
        return ref end;
    }

    /// <summary>Removes the clients whose requests have all come back.</summary>
    private void Sweep(long now)
    {
        if (_sweptAt != long.MinValue && time.GetElapsedTime(_sweptAt, now) < SweepInterval)
            return;
        _sweptAt = now;
        foreach (var (client, end) in _ends)
        {
            if (end <= now)
                _ends.Remove(client);
        }
    }

    private ref long SharedEndOf(LimitedClient client)
    {
        _sharedEnds ??= new long[SharedEntries];
        return ref _sharedEnds[HashCode.Combine(client.Neighbours) & (SharedEntries - 1)];
    }
}

/// <summary>What a client has left of a limit.</summary>
/// <param name="Remaining">The number of requests that the client may send now.</param>
/// <param name="Reset">How long it takes until all requests have come back.</param>
/// <param name="Wait">How long the client must wait before its next request; zero for not at all.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RateState(int Remaining, TimeSpan Reset, TimeSpan Wait);
