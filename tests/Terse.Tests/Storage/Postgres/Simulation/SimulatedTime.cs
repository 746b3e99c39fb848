namespace Terse.Tests.Storage;

/// <summary>
/// A server's monotonic clock, and its timers, which go off only when they are told to: not while the server
/// is paused.
/// </summary>
internal sealed class SimulatedTime(Func<TimeSpan> passed) : TimeProvider
{
    private readonly List<Timer> _timers = [];

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => passed().Ticks;

    /// <summary>A wall clock that is years off: nothing that is looked for here hangs on it.</summary>
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch;

    public override ITimer CreateTimer(
        TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Ends when so much time has passed on this clock.</summary>
    public async Task PassAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(time, this);
        await timer.WaitForNextTickAsync(cancellationToken);
    }

    /// <summary>Lets all go off that are due.</summary>
    public void GoOff()
    {
        for (var index = 0; index < _timers.Count; index++)
        {
            if (_timers[index].Due > passed())
                continue;
            _timers[index].GoOff();
            index = -1; // Timers may have come and gone.
        }
    }

    private sealed class Timer(SimulatedTime time, Action goOff) : ITimer
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

        public void GoOff()
        {
            Change(_period > TimeSpan.Zero ? _period : Timeout.InfiniteTimeSpan, _period);
            goOff();
        }

        public void Dispose() => time._timers.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
