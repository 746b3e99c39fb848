namespace Terse.Tests;

/// <summary>
/// A time provider whose timers run a thousand times faster. It lets a background loop run by itself;
/// FakeTimeProvider would need a call of the test for each run of the loop.
/// </summary>
internal sealed class QuickTime : TimeProvider
{
    public override ITimer CreateTimer(
        TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, dueTime / 1000, period / 1000);
}
