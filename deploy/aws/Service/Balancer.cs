using Amazon.CDK;
using Amazon.CDK.AWS.ElasticLoadBalancingV2;
using Amazon.CDK.AWS.S3;
using Amazon.CDK.AWS.WAFv2;
using Constructs;
using Terse.Aws.Network;
using Terse.Aws.Settings;
using Protocol = Amazon.CDK.AWS.ElasticLoadBalancingV2.Protocol;
using ProbeOptions = Amazon.CDK.AWS.ElasticLoadBalancingV2.HealthCheck;

namespace Terse.Aws.Service;

/// <summary>
/// The Application Load Balancer with HTTPS, its access log, and a firewall that limits the requests of each
/// address. It sends requests to all servers that are ready, over TLS.
/// </summary>
internal sealed class Balancer : Construct
{
    /// <summary>
    /// Below the 130 s after which Terse closes a connection, so the balancer closes it first.
    /// </summary>
    private const int IdleSeconds = 60;

    private const int LogDays = 90;

    public Balancer(Construct scope, AwsSettings settings, NetworkStack network)
        : base(scope, "Balancer")
    {
        LoadBalancer = new ApplicationLoadBalancer(this, "LoadBalancer", new ApplicationLoadBalancerProps
        {
            Vpc = network.Vpc,
            InternetFacing = true,
            SecurityGroup = network.Balancer,
            DeletionProtection = true,
            DropInvalidHeaderFields = true,
            DesyncMitigationMode = DesyncMitigationMode.DEFENSIVE,
            IdleTimeout = Duration.Seconds(IdleSeconds),
        });
        LoadBalancer.LogAccessLogs(AddLog());
        Targets = AddTargets(network);
        LoadBalancer.AddListener("Https", new BaseApplicationListenerProps
        {
            Port = 443,
            Open = false,
            Certificates = [ListenerCertificate.FromArn(settings.CertificateArn)],
            SslPolicy = SslPolicy.RECOMMENDED_TLS,
            DefaultAction = ListenerAction.Forward([Targets]),
        });
        LoadBalancer.AddRedirect(new ApplicationLoadBalancerRedirectConfig { Open = false });
        AddFirewall(settings);
    }

    public ApplicationLoadBalancer LoadBalancer { get; }

    public ApplicationTargetGroup Targets { get; }

    private ApplicationTargetGroup AddTargets(NetworkStack network)
    {
        var targets = new ApplicationTargetGroup(this, "Targets", new ApplicationTargetGroupProps
        {
            Vpc = network.Vpc,
            TargetType = TargetType.INSTANCE,
            Port = NetworkStack.ServerPort,
            Protocol = ApplicationProtocol.HTTPS,
            DeregistrationDelay = Of(Timing.Deregistration),
            SlowStart = Of(Timing.SlowStart),
            HealthCheck = new ProbeOptions
            {
                Path = "/health/ready",
                Protocol = Protocol.HTTPS,
                HealthyHttpCodes = "200",
                Interval = Of(Timing.ProbeInterval),
                Timeout = Of(Timing.ProbeTimeout),
                HealthyThresholdCount = 2,
                UnhealthyThresholdCount = Timing.FailedProbes,
            },
        });
        return targets;
    }

    private static Duration Of(TimeSpan time) => Duration.Seconds(time.TotalSeconds);

    /// <summary>
    /// Adds the bucket of the access log. AWS writes it with no other encryption than this one.
    /// </summary>
    private Bucket AddLog() => new(this, "Log", new BucketProps
    {
        Encryption = BucketEncryption.S3_MANAGED,
        BlockPublicAccess = BlockPublicAccess.BLOCK_ALL,
        EnforceSSL = true,
        LifecycleRules = [new LifecycleRule { Expiration = Duration.Days(LogDays) }],
        RemovalPolicy = RemovalPolicy.RETAIN,
    });

    private void AddFirewall(AwsSettings settings)
    {
        var rate = new CfnWebACL.RuleProperty
        {
            Name = "requests-per-address",
            Priority = 0,
            Action = new CfnWebACL.RuleActionProperty { Block = new CfnWebACL.BlockActionProperty() },
            Statement = new CfnWebACL.StatementProperty
            {
                RateBasedStatement = new CfnWebACL.RateBasedStatementProperty
                {
                    AggregateKeyType = "IP",
                    EvaluationWindowSec = 300,
                    Limit = settings.Size.RequestsPerAddress,
                },
            },
            VisibilityConfig = Visible($"{settings.Name}-requests-per-address"),
        };
        var firewall = new CfnWebACL(this, "Firewall", new CfnWebACLProps
        {
            Scope = "REGIONAL",
            DefaultAction =
                new CfnWebACL.DefaultActionProperty { Allow = new CfnWebACL.AllowActionProperty() },
            Rules = new[] { rate },
            VisibilityConfig = Visible($"{settings.Name}-firewall"),
        });
        _ = new CfnWebACLAssociation(this, "FirewallAssociation", new CfnWebACLAssociationProps
        {
            ResourceArn = LoadBalancer.LoadBalancerArn,
            WebAclArn = firewall.AttrArn,
        });
    }

    private static CfnWebACL.VisibilityConfigProperty Visible(string metric) => new()
    {
        CloudWatchMetricsEnabled = true,
        MetricName = metric,
        SampledRequestsEnabled = false,
    };
}
