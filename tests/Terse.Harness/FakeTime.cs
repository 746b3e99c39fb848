namespace Terse.Harness;

/// <summary>Clocks that a test moves by hand: the wall clock and the monotonic one, each alone.</summary>
internal sealed class FakeTime(DateTimeOffset now) : TimeProvider
{
    private long _timestamp;

    public DateTimeOffset Now { get; set; } = now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Now;

    public override long GetTimestamp() => _timestamp;

    /// <summary>Lets time pass, on both clocks.</summary>
    public void Pass(TimeSpan time)
    {
        Now += time;
        _timestamp += time.Ticks;
    }
}
