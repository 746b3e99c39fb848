using Terse.FleetTool;

namespace Terse.ClusterTests;

public sealed class LayoutFileTests
{
    [Theory]
    [InlineData("8080 3 2 unobserved", false)]
    [InlineData("8080 3 2 observed\n", true)]
    [InlineData("8080 3 2\n", false)]
    public void A_layout_of_an_earlier_version_has_consecutive_ports(string text, bool isObserved)
    {
        var layout = LayoutFile.Parse(text)!;

        Assert.Equal(isObserved, layout.IsObserved);
        Assert.Equal(
            [8080, 8081, 8082, 8083, 8084, 8085, 8086],
            layout.Parts.Where(part => part.Kind != PartKind.Monitor).Select(part => part.Port));
    }

    [Theory]
    [InlineData("8080 2 1 observed\nzones a b\nport balancer 8080\nport server2 9000\n")]
    [InlineData("8080 1 1 unobserved\nfailover patroni\nprogram server1 /opt/a b/terse\n")]
    [InlineData("65000 9 5 unobserved\n")]
    public void A_layout_is_written_as_it_was_read(string text) =>
        Assert.Equal(text, LayoutFile.Format(LayoutFile.Parse(text)!));

    [Theory]
    [InlineData("")]
    [InlineData("8080 3")]
    [InlineData("8080 3 2 unobs")]
    [InlineData("8080 0 2 observed")]
    [InlineData("8080 3 6 observed")]
    [InlineData("8080 3 2 observed\nport db1")]
    [InlineData("8080 3 2 observed\nport db1 70000")]
    [InlineData("8080 3 2 observed\nmood good")]
    public void A_damaged_layout_is_recognized(string text) => Assert.Null(LayoutFile.Parse(text));

    [Fact]
    public void Zones_alternate_over_servers_and_databases()
    {
        var layout = FleetLayout.Default with { Zones = ["a", "b"] };

        Assert.Equal(["a", "b", "a"], layout.ServerParts.Select(part => part.Zone));
        Assert.Equal(["a", "b", "a"], layout.DatabaseParts.Select(part => part.Zone));
    }
}
