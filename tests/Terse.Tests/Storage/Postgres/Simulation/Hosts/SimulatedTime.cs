namespace Terse.Tests.Storage;

/// <summary>
/// The monotonic clock and the timers of a simulated server. Timers fire only when the simulation calls
/// <see cref="FireDueTimers"/>. The simulation does not call this method while the server is paused.
/// </summary>
internal sealed class SimulatedTime(Func<TimeSpan> elapsed) : TimeProvider
{
    private readonly List<Timer> _timers = [];

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => elapsed().Ticks;

    /// <summary>
    /// Returns a time that is wrong by decades, because a correct server must never rely on its wall clock.
    /// </summary>
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch;

    public override ITimer CreateTimer(
        TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>
    /// Waits until this much simulated time has passed and the simulation has fired the timer.
    /// </summary>
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
            index = -1; // The timer's callback may have added or removed timers.
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
