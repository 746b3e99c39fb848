using System.Globalization;
using Terse.Events;

namespace Terse.Tests.Events;

public sealed class RetryScheduleTests
{
    [Theory]
    [InlineData(1, "00:00:05")]
    [InlineData(2, "00:05:00")]
    [InlineData(3, "00:30:00")]
    [InlineData(4, "02:00:00")]
    [InlineData(5, "05:00:00")]
    [InlineData(6, "10:00:00")]
    [InlineData(7, "14:00:00")]
    [InlineData(8, "20:00:00")]
    [InlineData(9, "1.00:00:00")]
    public void A_failed_delivery_is_tried_again_at_growing_intervals(int attempts, string delay)
    {
        var expected = TimeSpan.Parse(delay, CultureInfo.InvariantCulture);
        Assert.Equal(expected, RetrySchedule.DelayAfter(attempts, retryAfter: null, random: 0));
        Assert.Equal(expected * 1.05, RetrySchedule.DelayAfter(attempts, retryAfter: null, random: 0.5));
        Assert.InRange(
            RetrySchedule.DelayAfter(attempts, retryAfter: null, random: 0.999)!.Value,
            expected * 1.05,
            expected * 1.1);
    }

    [Fact]
    public void After_the_tenth_failure_a_delivery_is_dead() =>
        Assert.Null(RetrySchedule.DelayAfter(10, TimeSpan.FromSeconds(1), random: 0));

    [Theory]
    [InlineData(1, 60, 60)]
    [InlineData(1, 1, 5)]
    [InlineData(2, 1, 300)]
    [InlineData(1, 0, 5)]
    [InlineData(1, -5, 5)]
    [InlineData(1, 1_000_000, 86_400)]
    public void A_receiver_may_postpone_the_next_try_by_a_day_at_most(int attempts, int asked, int delay) =>
        Assert.Equal(
            TimeSpan.FromSeconds(delay),
            RetrySchedule.DelayAfter(attempts, TimeSpan.FromSeconds(asked), random: 0));
}
