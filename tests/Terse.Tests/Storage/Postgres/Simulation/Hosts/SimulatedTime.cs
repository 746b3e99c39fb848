namespace Terse.Tests.Storage;

/// <summary>
/// A server's monotonic clock and timers. The timers fire only when the simulation says so, which it does not
/// do while the server is paused.
/// </summary>
internal sealed class SimulatedTime(Func<TimeSpan> elapsed) : TimeProvider
{
    private readonly List<Timer> _timers = [];

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => elapsed().Ticks;

    /// <summary>A wall clock that is years off, because no promise may depend on it.</summary>
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch;

    public override ITimer CreateTimer(
        TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Waits until so much time has passed on this clock.</summary>
    public async Task PassAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(time, this);
        await timer.WaitForNextTickAsync(cancellationToken);
    }

    /// <summary>Fires all timers that are due.</summary>
    public void FireDueTimers()
    {
        for (var index = 0; index < _timers.Count; index++)
        {
            if (_timers[index].Due > elapsed())
                continue;
            _timers[index].Fire();
            index = -1; // The timer may have added and removed timers.
        }
    }

    private sealed class Timer(SimulatedTime time, Action onDue) : ITimer
    {
        private TimeSpan _period;

        public TimeSpan Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            time._timers.Remove(this);
            _period = period;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                Due = new TimeSpan(time.GetTimestamp()) + dueTime;
                time._timers.Add(this);
            }

            return true;
        }

        public void Fire()
        {
            Change(_period > TimeSpan.Zero ? _period : Timeout.InfiniteTimeSpan, _period);
            onDue();
        }

        public void Dispose() => time._timers.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
