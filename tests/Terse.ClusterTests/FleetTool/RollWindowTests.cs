using Terse.FleetTool;

namespace Terse.ClusterTests;

public sealed class RollWindowTests
{
    [Theory]
    [InlineData(1000, 0, 0.01, 0.01, null)]
    [InlineData(1000, 1, 0.01, 0.01, null)] // 0.1 % is allowed.
    [InlineData(1000, 2, 0.01, 0.01, "5xx")]
    [InlineData(10, 10, 0.01, 0.01, "5xx")]
    [InlineData(1000, 0, 0.21, 0.1, "p99")]
    [InlineData(1000, 0, 0.2, 0.1, null)] // Twice as slow is allowed.
    [InlineData(1000, 0, 0.04, 0.001, null)] // So few milliseconds are never slow.
    [InlineData(1000, 0, 0.9, null, null)] // There is nothing to compare it with.
    [InlineData(0, 0, null, 0.1, null)]
    public void A_server_that_is_always_worse_than_the_others_is_refused(
        double requests, double errors, double? slowest, double? others, string? reason)
    {
        var windows = Enumerable.Repeat(new RollWindow(requests, errors, slowest, others), 10).ToList();
        var refused = RollWindow.Refuse(windows);

        if (reason is null)
            Assert.Null(refused);
        else
            Assert.Contains(reason, refused, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_was_slow_only_after_its_start_stays()
    {
        var slow = new RollWindow(100, 0, 2, 0.1);
        var fast = new RollWindow(100, 0, 0.1, 0.1);

        Assert.Null(RollWindow.Refuse([slow, slow, slow, fast]));
    }

    [Fact]
    public void A_server_without_metrics_is_refused() => Assert.NotNull(RollWindow.Refuse([]));

    [Fact]
    public void Errors_of_one_second_count_for_the_whole_time()
    {
        var bad = new RollWindow(100, 10, 0.1, 0.1);
        var good = new RollWindow(100, 0, 0.1, 0.1);

        Assert.NotNull(RollWindow.Refuse([bad, good, good, good, good]));
    }
}
