using Terse.FleetTool;

namespace Terse.ClusterTests;

public sealed class ScalePolicyTests
{
    private static readonly ScalePolicy Policy = new(Min: 2, Max: 5, Cpu: 60, TimeSpan.FromSeconds(60));

    [Theory]
    [InlineData(2, 60, 2)] // As busy as it should be.
    [InlineData(2, 65, 2)] // Within the tolerance.
    [InlineData(2, 80, 3)]
    [InlineData(2, 100, 4)]
    [InlineData(4, 100, 5)] // No more than the greatest number.
    [InlineData(1, 5, 2)] // No less than the least number.
    [InlineData(3, 45, 3)] // Two servers would be too busy.
    public void Servers_are_added_at_once(int servers, double cpu, int wanted) =>
        Assert.Equal(wanted, Policy.Decide(ScaleHistory.Start, TimeSpan.Zero, servers, cpu).Servers);

    [Theory]
    [InlineData(59, 2)]
    [InlineData(60, 4)]
    public void No_server_is_added_soon_after_a_change(int seconds, int wanted)
    {
        var history = ScaleHistory.ChangedAt(TimeSpan.Zero);

        Assert.Equal(wanted, Policy.Decide(history, TimeSpan.FromSeconds(seconds), 2, 100).Servers);
    }

    [Theory]
    [InlineData(59, 5)]
    [InlineData(60, 4)] // One at a time, although two would suffice.
    public void A_server_is_removed_when_fewer_sufficed_for_the_whole_cool_down(int seconds, int wanted)
    {
        var first = Policy.Decide(ScaleHistory.Start, TimeSpan.Zero, 5, 10);
        var second = Policy.Decide(first.History, TimeSpan.FromSeconds(seconds), 5, 10);

        Assert.Equal((5, wanted), (first.Servers, second.Servers));
    }

    [Fact]
    public void A_busy_moment_starts_the_cool_down_again()
    {
        var idle = Policy.Decide(ScaleHistory.Start, TimeSpan.Zero, 5, 10);
        var busy = Policy.Decide(idle.History, TimeSpan.FromSeconds(30), 5, 60);
        var later = Policy.Decide(busy.History, TimeSpan.FromSeconds(70), 5, 10);

        Assert.Equal(5, later.Servers);
    }

    [Fact]
    public void Each_zone_keeps_a_server()
    {
        Assert.Equal(3, (Policy with { Min = 1 }).WithZones(3).Min);
        Assert.Throws<FleetException>(() => Policy.WithZones(6));
    }
}
