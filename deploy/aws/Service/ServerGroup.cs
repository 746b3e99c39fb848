using System.Globalization;
using Amazon.CDK.AWS.AutoScaling;
using Amazon.CDK.AWS.EC2;
using Amazon.CDK.AWS.IAM;
using Constructs;
using Terse.Aws.Network;
using Terse.Aws.Settings;
using Volume = Amazon.CDK.AWS.EC2.BlockDeviceVolume;
using VolumeOptions = Amazon.CDK.AWS.EC2.EbsDeviceOptions;
using Disks = Amazon.CDK.AWS.EC2.BlockDevice;
using DiskType = Amazon.CDK.AWS.EC2.EbsDeviceVolumeType;

namespace Terse.Aws.Service;

/// <summary>
/// The Auto Scaling group. It spreads servers over the zones and replaces them without a gap: a new server
/// joins when it is ready, an old one leaves after its drain. A new image or new facts start an instance
/// refresh. When an alarm of <see cref="RollbackAlarms"/> rings meanwhile, CloudFormation goes back.
/// </summary>
internal sealed class ServerGroup : Construct
{
    private const int DiskGigabytes = 20;
    private const int BusyPercentage = 60;

    /// <summary>After which percentages of the servers an update waits and looks at the alarms.</summary>
    private static readonly int[] Checkpoints = [34, 67, 100];

    private readonly AwsSettings _settings;

    public ServerGroup(
        Construct scope,
        AwsSettings settings,
        NetworkStack network,
        Role role,
        ServerFacts facts,
        Balancer balancer)
        : base(scope, "Servers")
    {
        _settings = settings;
        var template = AddTemplate(network, role, facts);
        Resource = AddGroup(network, template, balancer);
        AddRefresh();
        AddScaling(balancer);
    }

    public CfnAutoScalingGroup Resource { get; }

    /// <summary>The alarms that end an update, and go back.</summary>
    public static readonly IReadOnlyList<string> RollbackAlarms =
        [Watch.AlarmNames.Errors, Watch.AlarmNames.Slow, Watch.AlarmNames.UnhealthyHosts];

    /// <summary>The image that the stack of images has built last.</summary>
    public static IMachineImage Image(AwsSettings settings) =>
        MachineImage.FromSsmParameter(FleetNames.Image(settings));

    public static Disks Disk() => new()
    {
        DeviceName = "/dev/xvda",
        Volume = Volume.Ebs(DiskGigabytes, new VolumeOptions
        {
            Encrypted = true,
            VolumeType = DiskType.GP3,
            DeleteOnTermination = true,
        }),
    };

    private LaunchTemplate AddTemplate(NetworkStack network, Role role, ServerFacts facts) =>
        new(this, "Template", new LaunchTemplateProps
        {
            MachineImage = Image(_settings),
            InstanceType = new InstanceType(_settings.ServerTypes[0]),
            HttpTokens = LaunchTemplateHttpTokens.REQUIRED,
            HttpPutResponseHopLimit = 1,
            RequireImdsv2 = true,
            DetailedMonitoring = true,
            Role = role,
            SecurityGroup = network.Servers,
            UserData = facts.UserData("configure-server", []),
            BlockDevices = [Disk()],
        });

    private CfnAutoScalingGroup AddGroup(NetworkStack network, LaunchTemplate template, Balancer balancer) =>
        new(this, "Group", new CfnAutoScalingGroupProps
        {
            AutoScalingGroupName = FleetNames.Group(_settings),
            MinSize = Text(_settings.Size.MinServers),
            MaxSize = Text(_settings.Size.MaxServers),
            VpcZoneIdentifier = network.Vpc.SelectSubnets(NetworkStack.Private).SubnetIds,
            TargetGroupArns = [balancer.Targets.TargetGroupArn],
            // Not the balancer's probes: while all databases are lost, no server is ready, and replacing them
            // would lose what they redirect from memory. The script lifecycle reports a server that hangs.
            HealthCheckType = "EC2",
            HealthCheckGracePeriod = 0,
            DefaultInstanceWarmup = Timing.Warmup.TotalSeconds,
            CapacityRebalance = true,
            InstanceMaintenancePolicy = new CfnAutoScalingGroup.InstanceMaintenancePolicyProperty
            {
                MinHealthyPercentage = 100,
                MaxHealthyPercentage = 150,
            },
            LifecycleHookSpecificationList = new[]
            {
                Hook(FleetNames.StartHook, "LAUNCHING", Timing.StartHook, "ABANDON"),
                Hook(FleetNames.StopHook, "TERMINATING", Timing.StopHook, "CONTINUE"),
            },
            MixedInstancesPolicy = Instances(template),
            MetricsCollection = new[]
            {
                new CfnAutoScalingGroup.MetricsCollectionProperty { Granularity = "1Minute" },
            },
            Tags = new[]
            {
                new CfnAutoScalingGroup.TagPropertyProperty
                {
                    Key = "Name",
                    Value = FleetNames.Group(_settings),
                    PropagateAtLaunch = true,
                },
            },
        });

    private static CfnAutoScalingGroup.LifecycleHookSpecificationProperty Hook(
        string name, string transition, TimeSpan limit, string result) => new()
        {
            LifecycleHookName = name,
            LifecycleTransition = $"autoscaling:EC2_INSTANCE_{transition}",
            HeartbeatTimeout = limit.TotalSeconds,
            DefaultResult = result,
        };

    private CfnAutoScalingGroup.MixedInstancesPolicyProperty Instances(LaunchTemplate template) => new()
    {
        InstancesDistribution = new CfnAutoScalingGroup.InstancesDistributionProperty
        {
            OnDemandAllocationStrategy = "prioritized",
            OnDemandBaseCapacity = _settings.Size.MinServers,
            OnDemandPercentageAboveBaseCapacity = 100 - _settings.Size.SpotPercentage,
            SpotAllocationStrategy = "price-capacity-optimized",
        },
        LaunchTemplate = new CfnAutoScalingGroup.LaunchTemplateProperty
        {
            LaunchTemplateSpecification = new CfnAutoScalingGroup.LaunchTemplateSpecificationProperty
            {
                LaunchTemplateId = template.LaunchTemplateId,
                Version = template.LatestVersionNumber,
            },
            Overrides = _settings.ServerTypes
                .Select(type =>
                    new CfnAutoScalingGroup.LaunchTemplateOverridesProperty { InstanceType = type })
                .ToArray(),
        },
    };

    /// <summary>
    /// CloudFormation starts an instance refresh when the launch template changes. This version of the CDK
    /// has no type for the policy (CloudFormation has had it since July 2026), so it is written as it stands
    /// in the template.
    /// </summary>
    private void AddRefresh() =>
        Resource.AddOverride("UpdatePolicy.AutoScalingInstanceRefresh", new Dictionary<string, object>(
            StringComparer.Ordinal)
        {
            ["Strategy"] = "Rolling",
            ["Preferences"] = new Dictionary<string, object>(StringComparer.Ordinal)
            {
                ["MinHealthyPercentage"] = 100,
                ["MaxHealthyPercentage"] = 150,
                ["InstanceWarmup"] = Timing.Warmup.TotalSeconds,
                ["CheckpointPercentages"] = Checkpoints,
                ["CheckpointDelay"] = Timing.Checkpoint.TotalSeconds,
                ["BakeTime"] = Timing.Bake.TotalSeconds,
                ["SkipMatching"] = true,
                ["ScaleInProtectedInstances"] = "Refresh",
                ["StandbyInstances"] = "Ignore",
                ["AlarmSpecification"] = new Dictionary<string, object>(StringComparer.Ordinal)
                {
                    ["Alarms"] = RollbackAlarms.Select(alarm => FleetNames.Alarm(_settings, alarm)).ToArray(),
                },
            },
        });

    private void AddScaling(Balancer balancer)
    {
        var label = $"{balancer.LoadBalancer.LoadBalancerFullName}/{balancer.Targets.TargetGroupFullName}";
        var requests = Track("Requests", "ALBRequestCountPerTarget", _settings.Size.RequestsPerServer, label);
        // The metric has no values before the balancer has a listener for the target group.
        requests.Node.AddDependency(balancer.LoadBalancer);
        _ = Track("Processors", "ASGAverageCPUUtilization", BusyPercentage, label: null);
    }

    private CfnScalingPolicy Track(string id, string metric, int target, string? label) =>
        new(this, id, new CfnScalingPolicyProps
        {
            AutoScalingGroupName = Resource.Ref,
            PolicyType = "TargetTrackingScaling",
            TargetTrackingConfiguration = new CfnScalingPolicy.TargetTrackingConfigurationProperty
            {
                TargetValue = target,
                PredefinedMetricSpecification = new CfnScalingPolicy.PredefinedMetricSpecificationProperty
                {
                    PredefinedMetricType = metric,
                    ResourceLabel = label,
                },
            },
        });

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
