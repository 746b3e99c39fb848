namespace Terse;

/// <summary>
/// Mints ids for one node. Each id is greater than the previous id. A tick is the unit of an id's timestamp,
/// for example 10 ms. The generator uses only ticks inside its reservation: a period in which no other
/// generator uses the same node. Therefore two generators never mint the same id, even when a clock is wrong.
/// </summary>
/// <remarks>
/// <para>
/// The generator keeps its own time: it starts from the time of the system that granted the reservation, for
/// example a database server, and advances this time with the local monotonic clock. When all ids of the
/// current tick are used, the generator uses the ids of the next ticks, up to <see cref="MaxAhead"/> ahead of
/// its time.
/// </para>
/// <para>
/// Safe for use by any number of threads. Minting takes no lock and allocates nothing.
/// </para>
/// </remarks>
public sealed class TsidGenerator
{
    /// <summary>How far ahead of its own time a generator mints ids before it has to wait: 1 s.</summary>
    public static readonly TimeSpan MaxAhead = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A bit that <see cref="Stop"/> sets in <see cref="_next"/>. The bit makes the tick of the next id
    /// greater than every possible end of the reservation, so that the generator mints no further id.
    /// </summary>
    private const ulong Stopped = 1UL << TsidLayout.IdBits;

    private readonly int _node;
    private readonly TimeProvider _time;
    private readonly long _aheadTicks;
    private Clock _clock;

    /// <summary>The first tick that does not belong to the reservation any more.</summary>
    private long _endTick;

    /// <summary>
    /// The tick and the sequence of the next id in one number: tick &lt;&lt; sequenceBits | sequence. The
    /// number does not contain the node.
    /// </summary>
    private ulong _next;

    /// <summary>
    /// Creates a generator whose reservation has no end. The caller must ensure that no other generator uses
    /// the node from now on.
    /// </summary>
    /// <param name="layout">The layout of the ids.</param>
    /// <param name="node">The node, 0 to <see cref="TsidLayout.NodeCount"/> − 1.</param>
    /// <param name="time">The monotonic clock. The constructor also reads the wall clock, once.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="node"/> is out of its range.</exception>
    public TsidGenerator(TsidLayout layout, int node, TimeProvider time)
        : this(layout, node, DateTimeOffset.MinValue, DateTimeOffset.MaxValue, NowOf(time), time)
    {
    }

    /// <summary>Creates a generator for a node that is reserved for a period.</summary>
    /// <param name="layout">The layout of the ids.</param>
    /// <param name="node">The node, 0 to <see cref="TsidLayout.NodeCount"/> − 1.</param>
    /// <param name="from">
    /// The start of the reservation. The generator uses no tick that begins before this instant.
    /// </param>
    /// <param name="until">
    /// The end of the reservation. The generator uses no tick that ends after this instant.
    /// </param>
    /// <param name="now">The current time of the system that granted the reservation.</param>
    /// <param name="time">The monotonic clock that advances <paramref name="now"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="node"/> is out of its range.</exception>
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

    /// <summary>
    /// Whether the reservation has no ids left. <see cref="Extend"/> adds ids, unless the generator was
    /// stopped.
    /// </summary>
    public bool IsExhausted => Math.Max(NowTick(), TickOf(Volatile.Read(ref _next))) >= EndTick;

    /// <summary>The generator's own time, rounded down to the start of a tick.</summary>
    public DateTimeOffset Now => Layout.StartOf(NowTick());

    /// <summary>
    /// The end of the tick of the last minted id. Before the first id is minted, the value is the start of
    /// the first tick of the reservation.
    /// </summary>
    public DateTimeOffset UsedUntil => UsedUntilOf(Volatile.Read(ref _next));

    private long EndTick => Volatile.Read(ref _endTick);

    /// <summary>
    /// Extends the reservation, and sets the generator's time to <paramref name="now"/>. The generator's time
    /// may move back, but at most to half of <see cref="MaxAhead"/> before the tick of the last id. Therefore
    /// the generator can still mint all ids of the next half of <see cref="MaxAhead"/> before it has to wait.
    /// </summary>
    /// <param name="until">The new end of the reservation; ignored when it is before the current end.</param>
    /// <param name="now">The current time of the system that granted the reservation.</param>
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
    /// Mints an id, without waiting. Returns false when the tick of the id would lie more than
    /// <see cref="MaxAhead"/> ahead of the generator's time, after the end of the reservation
    /// (<see cref="IsExhausted"/>), or after the last tick of the layout. Also returns false after
    /// <see cref="Stop"/>.
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
    /// Stops the generator permanently, for all threads, in one atomic step. The generator has minted no id
    /// whose tick begins at or after the returned instant, and never will. Therefore a different generator
    /// may use the node from this instant on.
    /// </summary>
    /// <returns>The final value of <see cref="UsedUntil"/>.</returns>
    public DateTimeOffset Stop() => UsedUntilOf(Interlocked.Or(ref _next, Stopped));

    /// <summary>
    /// Mints an id. When all ids up to <see cref="MaxAhead"/> ahead of the generator's time are used, the
    /// method waits on a timer until an id is available.
    /// </summary>
    /// <param name="cancellationToken">Cancels the wait; no id is minted in that case.</param>
    /// <exception cref="OperationCanceledException">The caller cancelled the wait.</exception>
    /// <exception cref="InvalidOperationException">
    /// The reservation has no ids left, or the generator was stopped.
    /// </exception>
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

    /// <summary>
    /// The starting point of the generator's time: a tick, and the monotonic timestamp at which the
    /// generator's time was set to this tick.
    /// </summary>
    private sealed record Clock(long Tick, long Timestamp);
}
