namespace Terse;

/// <summary>
/// Mints ids for one node: each greater than the one before, and all inside a reservation, a stretch of time
/// in which no other generator holds the node. However the clocks of two generators go wrong, their ids
/// differ as long as their (node, time) rectangles do not overlap.
/// </summary>
/// <remarks>
/// Time is that of whoever gave the reservation, carried on with the local monotonic clock; the local wall
/// clock is never read. When a tick's ids are used up, the generator takes those of the next ticks, at most
/// <see cref="MaxAhead"/> ahead of time; then it waits. Safe for use by any number of threads; minting takes
/// no lock and allocates nothing.
/// </remarks>
public sealed class TsidGenerator
{
    /// <summary>How far ahead of its time a generator may mint before it waits.</summary>
    public static readonly TimeSpan MaxAhead = TimeSpan.FromSeconds(1);

    /// <summary>Set in the count of ids, it lies beyond every limit.</summary>
    private const ulong Stopped = 1UL << TsidLayout.IdBits;

    private readonly int _node;
    private readonly TimeProvider _time;
    private readonly long _aheadTicks;
    private Clock _clock;

    /// <summary>The first tick that is not reserved any more.</summary>
    private long _endTick;

    /// <summary>
    /// The first tick and sequence that are not minted, side by side; the node is left out.
    /// </summary>
    private ulong _next;

    /// <summary>Creates a generator for a node that nobody else ever holds, from now on.</summary>
    /// <param name="layout">How ids are put together.</param>
    /// <param name="node">0 to <see cref="TsidLayout.NodeCount"/> − 1.</param>
    /// <param name="time">The clocks; the wall clock is read here, once.</param>
    /// <exception cref="ArgumentOutOfRangeException">The node does not fit the layout.</exception>
    public TsidGenerator(TsidLayout layout, int node, TimeProvider time)
        : this(layout, node, DateTimeOffset.MinValue, DateTimeOffset.MaxValue, NowOf(time), time)
    {
    }

    /// <summary>Creates a generator for a node that is held for a time.</summary>
    /// <param name="layout">How ids are put together.</param>
    /// <param name="node">0 to <see cref="TsidLayout.NodeCount"/> − 1.</param>
    /// <param name="from">When the reservation begins; no tick that begins before it is used.</param>
    /// <param name="until">When the reservation ends; no tick that ends after it is used.</param>
    /// <param name="now">The time at present, by the clock of whoever gave the reservation.</param>
    /// <param name="time">The monotonic clock that carries <paramref name="now"/> on.</param>
    /// <exception cref="ArgumentOutOfRangeException">The node does not fit the layout.</exception>
    public TsidGenerator(
        TsidLayout layout,
        int node,
        DateTimeOffset from,
        DateTimeOffset until,
        DateTimeOffset now,
        TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfNegative(node);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(node, layout.NodeCount);

        Layout = layout;
        _node = node;
        _time = time;
        _aheadTicks = MaxAhead.Ticks / layout.TickLength.Ticks;
        var firstTick = layout.FirstTickFrom(from);
        _endTick = layout.EndTickUntil(until);
        _clock = new Clock(Math.Max(firstTick, layout.EndTickUntil(now)), time.GetTimestamp());
        _next = (ulong)firstTick << layout.SequenceBits;
    }

    /// <summary>How ids are put together.</summary>
    public TsidLayout Layout { get; }

    /// <summary>Whether no more ids will come unless the reservation is extended.</summary>
    public bool IsExhausted => Math.Max(NowTick(), TickOf(Volatile.Read(ref _next))) >= EndTick;

    /// <summary>The start of the tick that lasts at present, by the time that ids are minted by.</summary>
    public DateTimeOffset Now => Layout.StartOf(NowTick());

    /// <summary>The end of the last tick of which an id was minted; the start where none was.</summary>
    public DateTimeOffset UsedUntil => UsedUntilOf(Volatile.Read(ref _next));

    private long EndTick => Volatile.Read(ref _endTick);

    /// <summary>
    /// Makes the reservation longer, and sets the time right: it follows <paramref name="now"/> forward, and
    /// backward as far as half of <see cref="MaxAhead"/> is left for minting at once.
    /// </summary>
    /// <param name="until">When the reservation now ends; an earlier end than before is passed over.</param>
    /// <param name="now">The time at present, by the clock of whoever gave the reservation.</param>
    public void Extend(DateTimeOffset until, DateTimeOffset now)
    {
        var end = Layout.EndTickUntil(until);
        for (var seen = EndTick; seen < end; seen = EndTick)
            Interlocked.CompareExchange(ref _endTick, end, seen);

        var next = Volatile.Read(ref _next) & ~Stopped;
        var tick = Math.Max(Layout.EndTickUntil(now), TickOf(next) - (_aheadTicks / 2));
        Volatile.Write(ref _clock, new Clock(tick, _time.GetTimestamp()));
    }

    /// <summary>
    /// Mints an id, unless that takes more than <see cref="MaxAhead"/> ahead of time, or beyond the
    /// reservation (<see cref="IsExhausted"/>), or beyond the layout's last tick.
    /// </summary>
    public bool TryNext(out Tsid id)
    {
        var now = NowTick();
        var limit = Math.Min(now + _aheadTicks, EndTick - 1);
        var floor = (ulong)now << Layout.SequenceBits;
        while (true)
        {
            var next = Volatile.Read(ref _next);
            var minted = Math.Max(next, floor);
            var tick = TickOf(minted);
            if (tick > limit)
            {
                id = default;
                return false;
            }

            if (Interlocked.CompareExchange(ref _next, minted + 1, next) == next)
            {
                id = Layout.Compose(tick, _node, (int)minted & (Layout.SequenceCount - 1));
                return true;
            }
        }
    }

    /// <summary>
    /// Ends minting for good, for all threads, in one step. Nothing was minted at or after the instant that
    /// it returns, which is <see cref="UsedUntil"/>, and nothing will be: from there on another may have the
    /// node.
    /// </summary>
    public DateTimeOffset Stop() => UsedUntilOf(Interlocked.Or(ref _next, Stopped));

    /// <summary>Mints an id; waits, without spinning, while more are asked for than ticks hold.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The wait was ended.</exception>
    /// <exception cref="InvalidOperationException">The reservation is spent.</exception>
    public async ValueTask<Tsid> NextAsync(CancellationToken cancellationToken)
    {
        Tsid id;
        while (!TryNext(out id))
        {
            if (IsExhausted)
                throw new InvalidOperationException($"The reservation of node {_node} is spent; extend it.");
            await Task.Delay(Layout.TickLength, _time, cancellationToken).ConfigureAwait(false);
        }

        return id;
    }

    private static DateTimeOffset NowOf(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        return time.GetUtcNow();
    }

    private DateTimeOffset UsedUntilOf(ulong next) =>
        Layout.StartOf(TickOf((next & ~Stopped) + (ulong)Layout.SequenceCount - 1));

    private long TickOf(ulong place) => (long)Math.Min(place >> Layout.SequenceBits, long.MaxValue);

    private long NowTick()
    {
        var clock = Volatile.Read(ref _clock);
        return clock.Tick + (_time.GetElapsedTime(clock.Timestamp).Ticks / Layout.TickLength.Ticks);
    }

    /// <summary>A tick and the monotonic timestamp at which it was the present one.</summary>
    private sealed record Clock(long Tick, long Timestamp);
}
