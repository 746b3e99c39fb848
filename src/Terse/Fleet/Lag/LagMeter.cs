namespace Terse.Fleet;

/// <summary>
/// Collects measurements of the lag of all replicas, and combines them to minutes. The minutes are those of
/// the primary's clock, so that all servers agree about them, whatever their own clocks do. Not thread-safe.
/// </summary>
/// <remarks>
/// The newest horizon is a recent time of the primary's clock. Between two horizons, and while the primary is
/// lost, the monotonic clock of this server continues it.
/// </remarks>
internal sealed class LagMeter(TimeProvider time)
{
    /// <summary>
    /// For how long one measurement counts at most, so that the lag of the time in which this server was
    /// suspended counts as unknown.
    /// </summary>
    public static readonly TimeSpan MaxGap = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, Tally> _tallies = [];

    /// <summary>The horizon of the last measurement.</summary>
    private DateTime _last;

    private DateTime _newest;
    private long _newestSeenAt;
    private DateTime _minute;
    private long _measuredAt;

    /// <summary>Adds a measurement of all hosts.</summary>
    /// <returns>The last minute of each replica if it has ended; otherwise nothing.</returns>
    public IReadOnlyList<LagMinute> Measure(IReadOnlyList<FleetHost> hosts)
    {
        var now = time.GetTimestamp();
        var since = _measuredAt == 0 ? TimeSpan.Zero : time.GetElapsedTime(_measuredAt, now);
        _measuredAt = now;
        var newest = hosts.Where(host => host.Lag is not null).Max(host => host.Horizon);
        if (newest is { } horizon)
            Follow(horizon, now);
        if (_newest == default)
            return [];

        var ended = EndMinute(_newest + time.GetElapsedTime(_newestSeenAt, now));
        var seconds = (since < MaxGap ? since : MaxGap).TotalSeconds;
        foreach (var host in hosts)
        {
            if (host is { Role: FleetHostRole.Replica, Lag: { } lag, State: not FleetHostState.Unreachable })
                Add(host.Name, lag, seconds);
        }

        return ended;
    }

    /// <summary>
    /// Sets the clock to a horizon that has moved forward. A horizon that is earlier than the last one may be
    /// old: after a failover, a new primary first shows what it had received.
    /// </summary>
    private void Follow(DateTime horizon, long now)
    {
        if (horizon > _last)
            (_newest, _newestSeenAt) = (horizon, now);
        _last = horizon;
    }

    /// <summary>
    /// Begins a new minute if the present one has ended. A new horizon may be a moment earlier than the clock
    /// that continued the last one, so the minute before does not begin again.
    /// </summary>
    private List<LagMinute> EndMinute(DateTime now)
    {
        var minute = now - TimeSpan.FromTicks(now.Ticks % TimeSpan.TicksPerMinute);
        if (minute == _minute || minute.AddMinutes(1) == _minute)
            return [];
        var ended = _tallies.Select(tally => tally.Value.ToMinute(tally.Key, _minute)).ToList();
        _tallies.Clear();
        _minute = minute;
        return ended;
    }

    private void Add(string host, double lag, double seconds)
    {
        if (!_tallies.TryGetValue(host, out var tally))
            _tallies.Add(host, tally = new());
        tally.Add(lag, seconds);
    }

    private sealed class Tally
    {
        private readonly double[] _beyond = new double[LagBounds.Seconds.Count];
        private double _measured;
        private double _longest;

        public void Add(double lag, double seconds)
        {
            _measured += seconds;
            _longest = Math.Max(_longest, lag);
            for (var bound = 0; bound < _beyond.Length; bound++)
            {
                if (lag > LagBounds.Seconds[bound])
                    _beyond[bound] += seconds;
            }
        }

        public LagMinute ToMinute(string host, DateTime begin) =>
            new(host, new DateTimeOffset(begin, TimeSpan.Zero), _measured, _longest, _beyond);
    }
}
