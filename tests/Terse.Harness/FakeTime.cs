namespace Terse.Harness;

/// <summary>
/// A time provider whose wall clock and monotonic clock a test moves independently, also backwards. Its
/// timers are real. Tests in which both clocks move together use FakeTimeProvider of
/// Microsoft.Extensions.TimeProvider.Testing, whose timers run only when the test moves the clock.
/// </summary>
internal sealed class FakeTime(DateTimeOffset now) : TimeProvider
{
    private long _timestamp;

    public DateTimeOffset Now { get; set; } = now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Now;

    public override long GetTimestamp() => _timestamp;

    /// <summary>Moves both clocks forward.</summary>
    public void Pass(TimeSpan time)
    {
        Now += time;
        _timestamp += time.Ticks;
    }
}
