namespace Terse.Harness;

/// <summary>
/// A time provider whose timers fire a thousand times faster than real timers, so that a background loop runs
/// many times during a test. With FakeTimeProvider, the test would have to advance the time for each run of
/// the loop.
/// </summary>
internal sealed class QuickTime : TimeProvider
{
    public override ITimer CreateTimer(
        TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, dueTime / 1000, period / 1000);
}
