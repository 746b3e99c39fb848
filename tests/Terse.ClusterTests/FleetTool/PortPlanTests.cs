using Terse.FleetTool;

namespace Terse.ClusterTests;

public sealed class PortPlanTests
{
    private static readonly FleetLayout Small = new(100, Servers: 1, Replicas: 0, IsObserved: false);

    [Fact]
    public void Free_ports_are_noted_as_they_are()
    {
        var plan = PortPlan.Choose(Small, (_, _) => true);

        Assert.Empty(plan.Passed);
        Assert.Equal(
            "balancer 100, db1 102, metrics1 103, server1 101",
            string.Join(", ", plan.Layout.Ports.Select(port => $"{port.Key} {port.Value}")));
    }

    [Fact]
    public void A_port_in_use_is_passed_over()
    {
        var plan = PortPlan.Choose(Small, (_, port) => port is not (102 or 104));

        Assert.Equal([new PassedPort("db1", 102, 105)], plan.Passed);
        Assert.Equal(105, plan.Layout.DatabaseParts.Single().Port);
    }

    [Fact]
    public void Noted_ports_stay_when_servers_are_added()
    {
        var noted = PortPlan.Choose(Small, (_, _) => true).Layout;
        var plan = PortPlan.Choose(noted with { Servers = 2 }, (_, _) => true);

        Assert.Empty(plan.Passed);
        Assert.Equal(102, plan.Layout.DatabaseParts.Single().Port);
        Assert.Equal(plan.Layout.Ports.Count, plan.Layout.Ports.Values.Distinct().Count());
    }

    [Fact]
    public void Without_a_free_port_the_plan_fails() =>
        Assert.Throws<FleetException>(() => PortPlan.Choose(Small, (_, port) => port < 101));
}
