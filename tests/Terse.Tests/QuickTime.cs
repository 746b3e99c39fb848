namespace Terse.Tests;

/// <summary>A timer's second lasts a millisecond.</summary>
internal sealed class QuickTime : TimeProvider
{
    public override ITimer CreateTimer(
        TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, dueTime / 1000, period / 1000);
}
