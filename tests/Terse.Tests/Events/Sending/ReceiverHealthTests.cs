using Terse.Events;

namespace Terse.Tests.Events;

public sealed class ReceiverHealthTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Since = Now.AddHours(-1);

    [Theory]
    [InlineData(0, 1, null)]
    [InlineData(8, 9, null)]
    [InlineData(9, 10, 1)]
    [InlineData(10, 11, 2)]
    [InlineData(13, 14, 16)]
    [InlineData(17, 18, 256)]
    [InlineData(18, 19, 300)]
    [InlineData(1_000, 1_001, 300)]
    public void Failures_in_a_row_slow_a_target_down(int before, int after, int? seconds)
    {
        var health = new WebhookHealth(before, Since, SlowedUntil: null).After(hasSucceeded: false, Now);
        Assert.Equal(
            new(after, Since, seconds is { } slowing ? Now.AddSeconds(slowing) : null), health);
        Assert.Equal(after >= 10, health.IsFailing());
    }

    [Fact]
    public void The_first_failure_begins_the_time_of_failures() =>
        Assert.Equal(new(1, Now, null), WebhookHealth.Good.After(hasSucceeded: false, Now));

    [Fact]
    public void A_success_ends_all_failures()
    {
        var slowed = new WebhookHealth(15, Since, Now.AddMinutes(1));
        Assert.Equal(WebhookHealth.Good, slowed.After(hasSucceeded: true, Now));
    }

    [Fact]
    public void Requests_that_fail_while_a_target_is_slowed_down_do_not_slow_it_down_more()
    {
        var slowed = new WebhookHealth(10, Since, Now.AddSeconds(1));
        Assert.Equal(slowed, slowed.After(hasSucceeded: false, Now));
        Assert.True(slowed.IsSlowedAt(Now));
        Assert.False(slowed.IsSlowedAt(Now.AddSeconds(1)));
        Assert.Equal(11, slowed.After(hasSucceeded: false, Now.AddSeconds(1)).Failures);
    }

    [Theory]
    [InlineData(10, 72, true)]
    [InlineData(10, 71, false)]
    [InlineData(9, 100, false)]
    public void A_receiver_that_only_fails_for_days_is_paused_with_a_reason(
        int failures, int hours, bool isPaused)
    {
        var health = new WebhookHealth(failures, Now.AddHours(-hours), Now);
        var reason = health.FindPauseReason(Now, TimeSpan.FromDays(3));
        Assert.Equal(isPaused ? "All requests have failed since 2026-04-28T12:00:00Z." : null, reason);
    }

    [Fact]
    public void A_clock_that_steps_back_does_not_silence_a_receiver()
    {
        var slowed = new WebhookHealth(10, Since, Now.AddMinutes(5));

        Assert.True(slowed.IsSlowedAt(Now));
        Assert.False(slowed.IsSlowedAt(Now.AddHours(-2)));
    }

    [Fact]
    public void A_receiver_without_failures_is_not_paused() =>
        Assert.Null(WebhookHealth.Good.FindPauseReason(Now, TimeSpan.FromHours(1)));
}
