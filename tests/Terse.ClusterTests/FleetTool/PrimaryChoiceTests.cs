using Terse.FleetTool;

namespace Terse.ClusterTests;

public sealed class PrimaryChoiceTests
{
    [Theory]
    [InlineData("primary 1, replica 1", "db1")]
    [InlineData("primary 1, primary 2", "db2")] // db1 was the primary before a failover.
    [InlineData("primary 3, replica 2, primary 2", "db1")]
    [InlineData("replica 2, primary 2, primary 1", "db2")]
    public void The_primary_is_on_the_latest_timeline(string hosts, string primary) =>
        Assert.Equal(primary, PrimaryChoice.Choose(Parse(hosts), "data")!.Name);

    [Theory]
    [InlineData("primary 2, primary 2", "are both primary on timeline 2")]
    [InlineData("primary 1, replica 2", "is the primary of timeline 2")]
    public void A_primary_is_never_guessed(string hosts, string message)
    {
        var exception = Assert.Throws<FleetException>(() => PrimaryChoice.Choose(Parse(hosts), "data"));

        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_databases_there_is_no_primary() => Assert.Null(PrimaryChoice.Choose([], "data"));

    private static HostState[] Parse(string hosts) =>
    [
        .. hosts.Split(", ").Select((host, index) =>
            new HostState($"db{index + 1}", host[..7] is "replica", host[^1] - '0')),
    ];
}
