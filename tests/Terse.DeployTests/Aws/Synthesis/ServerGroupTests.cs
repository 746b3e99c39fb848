using System.Text.Json.Nodes;
using Terse.Aws.Settings;

namespace Terse.DeployTests;

[Collection(Templates.Collection)]
public sealed class ServerGroupTests
{
    private const string Group = "AWS::AutoScaling::AutoScalingGroup";

    [Theory]
    [ClassData(typeof(SizeData))]
    public void Each_of_at_least_two_zones_has_a_server(string size)
    {
        var group = SizeData.Templates(size).Single(Group);
        var zones = group["VPCZoneIdentifier"]!.AsArray().Count;
        Assert.InRange(zones, 2, 3);
        Assert.True(Number(group["MinSize"]) >= zones);
        Assert.True(Number(group["MaxSize"]) > Number(group["MinSize"]));
        Assert.Equal(
            Number(group["MinSize"]),
            (int)group["MixedInstancesPolicy"]!["InstancesDistribution"]!["OnDemandBaseCapacity"]!);
    }

    [Theory]
    [ClassData(typeof(SizeData))]
    public void An_update_keeps_all_servers_and_goes_back_when_an_alarm_rings(string size)
    {
        var templates = SizeData.Templates(size);
        var group = templates.Single(Group);
        var refresh = group.Node["UpdatePolicy"]!["AutoScalingInstanceRefresh"]!;
        Assert.Equal("Rolling", (string?)refresh["Strategy"]);
        var preferences = refresh["Preferences"]!;
        Assert.Equal(100, (int)preferences["MinHealthyPercentage"]!);
        Assert.Equal(150, (int)preferences["MaxHealthyPercentage"]!);
        Assert.Equal(100, (int)preferences["CheckpointPercentages"]!.AsArray()[^1]!);
        Assert.True((int)preferences["CheckpointDelay"]! >= 300);
        Assert.True((int)preferences["BakeTime"]! >= 600);

        // The alarms are named, not referenced, so a wrong name would only show when an update fails.
        var alarms = templates.OfType("AWS::CloudWatch::Alarm").Select(alarm => (string?)alarm["AlarmName"]);
        var named = preferences["AlarmSpecification"]!["Alarms"]!.AsArray().Select(alarm => (string?)alarm)
            .ToHashSet();
        Assert.Equal(3, named.Count);
        Assert.Subset(alarms.ToHashSet(), named);
    }

    [Fact]
    public void The_version_and_the_image_of_a_server_are_pinned()
    {
        var templates = Templates.Of(FleetSizes.Small);
        var specification = templates.Single(Group)["MixedInstancesPolicy"]!["LaunchTemplate"]!;
        Assert.Equal(
            "LatestVersionNumber",
            (string?)specification["LaunchTemplateSpecification"]!["Version"]!["Fn::GetAtt"]![1]);

        // The parameter is read at each deployment, so the launch template has the id itself.
        var parameter = templates.Single("AWS::SSM::Parameter");
        Assert.Equal(
            [templates.Single("AWS::ImageBuilder::Image").Id, "ImageId"],
            parameter["Value"]!["Fn::GetAtt"]!.AsArray().Select(part => (string?)part));
        var servers = templates.OfType("AWS::EC2::LaunchTemplate");
        Assert.Equal(2, servers.Count);
        Assert.All(servers, server =>
        {
            var name = (string)server["LaunchTemplateData"]!["ImageId"]!["Ref"]!;
            var value = templates.Stacks["Service"]["Parameters"]![name]!;
            Assert.Equal("AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", (string?)value["Type"]);
            Assert.Equal((string?)parameter["Name"], (string?)value["Default"]);
        });
        Assert.Null(templates.Single("AWS::ImageBuilder::ImagePipeline")["Schedule"]);
        var recipe = templates.Single("AWS::ImageBuilder::ImageRecipe");
        Assert.StartsWith("ami-", (string?)recipe["ParentImage"], StringComparison.Ordinal);
        Assert.Matches(@"^\d+\.\d+\.\d+$", (string?)recipe["Version"]);
    }

    [Fact]
    public void Every_machine_needs_version_2_of_the_metadata_service()
    {
        var templates = Templates.Of(FleetSizes.Small);
        Assert.All(templates.OfType("AWS::EC2::LaunchTemplate"), template =>
        {
            var options = template["LaunchTemplateData"]!["MetadataOptions"]!;
            Assert.Equal("required", (string?)options["HttpTokens"]);
            Assert.Equal(1, (int)options["HttpPutResponseHopLimit"]!);
        });
        var builder = templates.Single("AWS::ImageBuilder::InfrastructureConfiguration");
        Assert.Equal("required", (string?)builder["InstanceMetadataOptions"]!["HttpTokens"]);
    }

    [Fact]
    public void The_hooks_wait_for_the_start_and_for_the_drain()
    {
        var group = Templates.Of(FleetSizes.Small).Single(Group);
        var hooks = group["LifecycleHookSpecificationList"]!.AsArray();
        var start = HookOf(hooks, "LAUNCHING");
        Assert.Equal("ABANDON", (string?)start["DefaultResult"]);
        var stop = HookOf(hooks, "TERMINATING");
        Assert.Equal("CONTINUE", (string?)stop["DefaultResult"]);
        Assert.True((int)stop["HeartbeatTimeout"]! > Timing.Drain.TotalSeconds);
        Assert.True((bool)group["CapacityRebalance"]!);
        Assert.Equal("EC2", (string?)group["HealthCheckType"]);
    }

    [Fact]
    public void The_group_follows_requests_and_processors()
    {
        var metrics = Templates.Of(FleetSizes.Small).OfType("AWS::AutoScaling::ScalingPolicy")
            .Select(policy => policy["TargetTrackingConfiguration"]!["PredefinedMetricSpecification"]!)
            .Select(metric => (string?)metric["PredefinedMetricType"]);
        Assert.Equal(["ALBRequestCountPerTarget", "ASGAverageCPUUtilization"], metrics.Order());
    }

    [Theory]
    [ClassData(typeof(SizeData))]
    public void There_is_a_node_for_each_server_of_an_update(string size)
    {
        var fleet = SizeData.Find(size);
        Assert.True(fleet.MaxServersInUpdate <= 1 << fleet.NodeBits);
        Assert.Contains(
            $"TERSE__Ids__NodeBits='{fleet.NodeBits}'",
            UserData.Of(SizeData.Templates(size)),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Servers_wait_until_the_database_is_prepared()
    {
        var templates = Templates.Of(FleetSizes.Small);
        var machine = templates.Single("AWS::EC2::Instance");
        Assert.Equal(1, (int)machine.Node["CreationPolicy"]!["ResourceSignal"]!["Count"]!);
        Assert.Contains(
            machine.Id,
            templates.Single(Group).Node["DependsOn"]!.AsArray().Select(id => (string?)id));
        Assert.Contains(
            $"PREPARE_RESOURCE='{machine.Id}'", UserData.Of(templates, "prepare"), StringComparison.Ordinal);
    }

    private static JsonNode HookOf(JsonArray hooks, string transition) => Assert.Single(
        hooks, hook => (string?)hook!["LifecycleTransition"] == $"autoscaling:EC2_INSTANCE_{transition}")!;

    private static int Number(JsonNode? node) =>
        int.Parse((string?)node ?? "", System.Globalization.CultureInfo.InvariantCulture);
}
