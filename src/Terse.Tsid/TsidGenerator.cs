namespace Terse;

/// <summary>
/// Mints ids for one node: each greater than the one before, none at or before the tick that it was started
/// after, whatever the wall clock does.
/// </summary>
/// <remarks>
/// The wall clock is read once, at the start; from there on only the monotonic clock counts, so a clock that
/// is set back or forward changes nothing. When a tick's ids are used up, the generator takes those of the
/// next ticks, at most <see cref="MaxAhead"/> ahead of time; then it waits. Safe for use by any number of
/// threads; minting takes no lock.
/// </remarks>
public sealed class TsidGenerator
{
    /// <summary>How far ahead of its time a generator may mint before it waits.</summary>
    public static readonly TimeSpan MaxAhead = TimeSpan.FromSeconds(1);

    private readonly TsidLayout _layout;
    private readonly int _node;
    private readonly TimeProvider _time;
    private readonly long _startTick;
    private readonly long _startTimestamp;

    /// <summary>The last minted tick and sequence, side by side; the node is left out.</summary>
    private long _last;

    /// <summary>Creates a generator.</summary>
    /// <param name="layout">How ids are put together.</param>
    /// <param name="node">0 to <see cref="TsidLayout.NodeCount"/> − 1; held by no other generator.</param>
    /// <param name="afterTick">The last tick that may be in use already, −1 when there is none.</param>
    /// <param name="time">The clocks; the wall clock is read here and never again.</param>
    /// <exception cref="ArgumentOutOfRangeException">The node or tick does not fit the layout.</exception>
    public TsidGenerator(TsidLayout layout, int node, long afterTick, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfNegative(node);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(node, layout.NodeCount);
        ArgumentOutOfRangeException.ThrowIfLessThan(afterTick, -1);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(afterTick, layout.MaxTick);

        _layout = layout;
        _node = node;
        _time = time;
        _startTimestamp = time.GetTimestamp();
        var now = time.GetUtcNow();
        _startTick = Math.Max(now < layout.Epoch ? 0 : layout.TickAt(now), afterTick + 1);
        _last = (_startTick << layout.SequenceBits) - 1;
    }

    /// <summary>How ids are put together.</summary>
    public TsidLayout Layout => _layout;

    /// <summary>Mints an id; waits only when ids were minted faster than the layout sustains.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The wait was ended.</exception>
    /// <exception cref="InvalidOperationException">The layout's last tick has passed.</exception>
    public async ValueTask<Tsid> NextAsync(CancellationToken cancellationToken)
    {
        Tsid id;
        while (!TryNext(out id))
            await Task.Delay(_layout.TickLength, _time, cancellationToken).ConfigureAwait(false);
        return id;
    }

    /// <summary>Mints an id unless that takes more than <see cref="MaxAhead"/> ahead of time.</summary>
    /// <exception cref="InvalidOperationException">The layout's last tick has passed.</exception>
    public bool TryNext(out Tsid id)
    {
        var now = _startTick + (_time.GetElapsedTime(_startTimestamp).Ticks / _layout.TickLength.Ticks);
        var limit = now + (MaxAhead.Ticks / _layout.TickLength.Ticks);
        var floor = now << _layout.SequenceBits;
        while (true)
        {
            var last = Volatile.Read(ref _last);
            var next = Math.Max(last + 1, floor);
            var tick = next >> _layout.SequenceBits;
            if (tick > limit)
            {
                id = default;
                return false;
            }

            if (tick > _layout.MaxTick)
            {
                throw new InvalidOperationException(
                    $"Layout {_layout.Name} has no ticks left; choose another.");
            }

            if (Interlocked.CompareExchange(ref _last, next, last) == last)
            {
                id = _layout.Compose(tick, _node, (int)(next & (_layout.SequenceCount - 1)));
                return true;
            }
        }
    }
}
