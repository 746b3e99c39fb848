namespace Terse;

/// <summary>
/// Mints ids for one node. Each id is greater than the id before, and all ids lie inside a reservation: a
/// period in which no other generator uses the node. Whatever the clocks do, the ids of two generators differ
/// as long as their (node, time) rectangles do not overlap.
/// </summary>
/// <remarks>
/// The time is the clock of the system that granted the reservation, advanced with the local monotonic clock.
/// The generator does not read the local wall clock. When the ids of a tick are used, the generator uses the
/// next ticks, at most <see cref="MaxAhead"/> ahead of time; then it waits. Safe for use by any number of
/// threads; minting takes no lock and allocates nothing.
/// </remarks>
public sealed class TsidGenerator
{
    /// <summary>How far ahead of time a generator mints before it waits.</summary>
    public static readonly TimeSpan MaxAhead = TimeSpan.FromSeconds(1);

    /// <summary>A bit of <see cref="_next"/> that puts it beyond every limit.</summary>
    private const ulong Stopped = 1UL << TsidLayout.IdBits;

    private readonly int _node;
    private readonly TimeProvider _time;
    private readonly long _aheadTicks;
    private Clock _clock;

    /// <summary>The first tick after the reservation.</summary>
    private long _endTick;

    /// <summary>
    /// The tick and the sequence of the next id, without the node: tick &lt;&lt; sequenceBits | sequence.
    /// </summary>
    private ulong _next;

    /// <summary>Creates a generator for a node that no other generator uses from now on.</summary>
    /// <param name="layout">The layout of the ids.</param>
    /// <param name="node">0 to <see cref="TsidLayout.NodeCount"/> − 1.</param>
    /// <param name="time">The clocks. The constructor reads the wall clock once.</param>
    /// <exception cref="ArgumentOutOfRangeException">The node does not fit the layout.</exception>
    public TsidGenerator(TsidLayout layout, int node, TimeProvider time)
        : this(layout, node, DateTimeOffset.MinValue, DateTimeOffset.MaxValue, NowOf(time), time)
    {
    }

    /// <summary>Creates a generator for a node that is reserved for a period.</summary>
    /// <param name="layout">The layout of the ids.</param>
    /// <param name="node">0 to <see cref="TsidLayout.NodeCount"/> − 1.</param>
    /// <param name="from">
    /// The start of the reservation. The generator uses no tick that begins before it.
    /// </param>
    /// <param name="until">The end of the reservation. The generator uses no tick that ends after it.</param>
    /// <param name="now">The present, by the clock of the system that granted the reservation.</param>
    /// <param name="time">The monotonic clock that advances <paramref name="now"/>.</param>
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

    /// <summary>The layout of the ids.</summary>
    public TsidLayout Layout { get; }

    /// <summary>Whether the reservation has no ids left until it is extended.</summary>
    public bool IsExhausted => Math.Max(NowTick(), TickOf(Volatile.Read(ref _next))) >= EndTick;

    /// <summary>The start of the current tick, by the time of this generator.</summary>
    public DateTimeOffset Now => Layout.StartOf(NowTick());

    /// <summary>
    /// The end of the last tick with a minted id; the start of the first reserved tick before the first id.
    /// </summary>
    public DateTimeOffset UsedUntil => UsedUntilOf(Volatile.Read(ref _next));

    private long EndTick => Volatile.Read(ref _endTick);

    /// <summary>
    /// Extends the reservation, and sets the time to <paramref name="now"/>. When the time moves back, it
    /// stays close enough to the last id that half of <see cref="MaxAhead"/> can be minted without a wait.
    /// </summary>
    /// <param name="until">The end of the reservation; an earlier end than before is ignored.</param>
    /// <param name="now">The present, by the clock of the system that granted the reservation.</param>
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
    /// Mints an id. Returns false when the id would be more than <see cref="MaxAhead"/> ahead of time, after
    /// the end of the reservation (<see cref="IsExhausted"/>), or after the layout's last tick.
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
    /// Ends minting for ever, for all threads, in one atomic step. No id was or will be minted at or after
    /// the returned instant, so from then on another generator may use the node.
    /// </summary>
    /// <returns><see cref="UsedUntil"/>.</returns>
    public DateTimeOffset Stop() => UsedUntilOf(Interlocked.Or(ref _next, Stopped));

    /// <summary>
    /// Mints an id. Waits, without spinning, while all ids up to <see cref="MaxAhead"/> are used.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The caller cancelled the wait.</exception>
    /// <exception cref="InvalidOperationException">The reservation has no ids left.</exception>
    public async ValueTask<Tsid> NextAsync(CancellationToken cancellationToken)
    {
        Tsid id;
        while (!TryNext(out id))
        {
            if (IsExhausted)
                throw Exhausted();
            await Task.Delay(Layout.TickLength, _time, cancellationToken).ConfigureAwait(false);
        }

        return id;
    }

    private InvalidOperationException Exhausted() =>
        new($"The reservation of node {_node} has no ids left; extend it.");

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

    /// <summary>A tick, and the monotonic timestamp at which it was the current tick.</summary>
    private sealed record Clock(long Tick, long Timestamp);
}
