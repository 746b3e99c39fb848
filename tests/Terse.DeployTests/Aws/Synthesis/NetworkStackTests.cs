using System.Text.Json.Nodes;
using Terse.Aws.Settings;

namespace Terse.DeployTests;

[Collection(Templates.Collection)]
public sealed class NetworkStackTests
{
    private static readonly Templates Small = Templates.Of(FleetSizes.Small);

    [Fact]
    public void Only_the_balancer_accepts_connections_from_everywhere()
    {
        var open = Rules()
            .Where(rule => rule.Node.ToJsonString().Contains("0.0.0.0/0", StringComparison.Ordinal))
            .ToList();
        Assert.All(open, rule => Assert.Contains("Balancer", rule.Owner, StringComparison.Ordinal));
        Assert.Equal([80, 443], open.Select(rule => (int)rule.Node["FromPort"]!));
    }

    [Fact]
    public void Only_servers_and_the_rotation_connect_to_databases()
    {
        var sources = Rules()
            .Where(rule => (int)rule.Node["FromPort"]! == 5432)
            .Select(rule => rule.Node["SourceSecurityGroupId"]!.ToJsonString())
            .ToList();
        Assert.Equal(2, sources.Count);
        Assert.Single(sources, source => source.Contains("Servers", StringComparison.Ordinal));
        Assert.Single(sources, source => source.Contains("Rotation", StringComparison.Ordinal));
    }

    [Theory]
    [ClassData(typeof(SizeData))]
    public void The_databases_have_no_way_to_the_internet(string size)
    {
        var templates = SizeData.Templates(size);
        var routes = templates.OfType("AWS::EC2::Route")
            .Select(route => route["RouteTableId"]!.ToJsonString())
            .ToList();
        Assert.NotEmpty(routes);
        Assert.DoesNotContain(routes, table => table.Contains("databases", StringComparison.Ordinal));
        var subnets = templates.Single("AWS::RDS::DBSubnetGroup")["SubnetIds"]!.AsArray();
        Assert.Equal(SizeData.Find(size).Zones, subnets.Count);
        Assert.All(
            subnets, subnet =>
                Assert.Contains("databases", subnet!.ToJsonString(), StringComparison.Ordinal));
    }

    [Fact]
    public void No_machine_gets_a_public_address()
    {
        Assert.All(
            Small.OfType("AWS::EC2::Subnet"),
            subnet => Assert.False((bool)subnet["MapPublicIpOnLaunch"]!, subnet.ToString()));
        Assert.DoesNotContain(
            Small.OfType("AWS::EC2::LaunchTemplate"),
            template => template.Node.ToJsonString().Contains("AssociatePublicIp", StringComparison.Ordinal));
    }

    [Fact]
    public void Aws_is_reached_through_endpoints()
    {
        var services = Small.OfType("AWS::EC2::VPCEndpoint")
            .Select(endpoint => endpoint["ServiceName"]!.ToJsonString())
            .ToList();
        foreach (var service in new[] { ".s3", ".secretsmanager", ".monitoring", ".logs" })
            Assert.Single(services, name => name.Contains(service, StringComparison.Ordinal));
    }

    private static IReadOnlyList<(string Owner, JsonNode Node)> Rules() =>
    [
        .. from resource in Small.OfType("AWS::EC2::SecurityGroupIngress")
           select (resource["GroupId"]!.ToJsonString(), resource.Node["Properties"]!),
        .. from resource in Small.OfType("AWS::EC2::SecurityGroup")
           from rule in resource["SecurityGroupIngress"]?.AsArray() ?? new JsonArray()
           select (resource.Id, rule!),
    ];
}
