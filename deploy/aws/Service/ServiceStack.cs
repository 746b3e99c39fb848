using Amazon.CDK;
using Amazon.CDK.AWS.Logs;
using Constructs;
using Terse.Aws.Configuration;
using Terse.Aws.Database;
using Terse.Aws.Image;
using Terse.Aws.Network;
using Terse.Aws.Settings;

namespace Terse.Aws.Service;

/// <summary>The servers and their balancer.</summary>
internal sealed class ServiceStack : Stack
{
    public ServiceStack(
        Construct scope,
        AwsSettings settings,
        NetworkStack network,
        DatabaseStack database,
        ConfigurationStack configuration,
        ImageStack image)
        : base(scope, "Service", FleetNames.Stack(settings, "service", "the servers and the balancer"))
    {
        AddDependency(image);
        AddLog("MetricLog", FleetNames.MetricLog(settings));
        AddLog("ServerLog", FleetNames.ServerLog(settings));
        Balancer = new Balancer(this, settings, network);
        var facts = new ServerFacts(settings, network, database, configuration);
        var preparation = new Preparation(this, settings, network, database, configuration, facts);
        var role = ServerRole.Add(this, settings, database, configuration);
        var group = new ServerGroup(this, settings, network, role, facts, Balancer);
        group.Resource.AddDependency(preparation.Machine);
        _ = new CfnOutput(this, "Address", new CfnOutputProps
        {
            Value = Balancer.LoadBalancer.LoadBalancerDnsName,
            Description = $"Let {settings.Domain} be an alias of this name",
        });
    }

    public Balancer Balancer { get; }

    private void AddLog(string id, string name) => _ = new LogGroup(this, id, new LogGroupProps
    {
        LogGroupName = name,
        Retention = RetentionDays.ONE_MONTH,
        RemovalPolicy = RemovalPolicy.DESTROY,
    });
}
