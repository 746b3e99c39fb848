namespace Terse.Harness;

/// <summary>
/// A time provider for tests that set the wall clock and the monotonic clock independently. The wall clock
/// can also move backwards. Timers of this provider run in real time. A test in which both clocks move
/// together uses FakeTimeProvider from Microsoft.Extensions.TimeProvider.Testing instead; timers of that
/// provider fire only when the test advances the clock.
/// </summary>
internal sealed class FakeTime(DateTimeOffset now) : TimeProvider
{
    private long _timestamp;

    public DateTimeOffset Now { get; set; } = now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Now;

    public override long GetTimestamp() => _timestamp;

    /// <summary>Advances the wall clock and the monotonic clock by the same time.</summary>
    public void Pass(TimeSpan time)
    {
        Now += time;
        _timestamp += time.Ticks;
    }
}
