using Amazon.CDK;
using Amazon.CDK.AWS.CloudWatch;
using Amazon.CDK.AWS.CloudWatch.Actions;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.KMS;
using Amazon.CDK.AWS.SNS;
using Amazon.CDK.AWS.SNS.Subscriptions;
using Constructs;
using Terse.Aws.Database;
using Terse.Aws.Service;
using Terse.Aws.Settings;

namespace Terse.Aws.Watch;

/// <summary>Alarms, the topic that they are sent to, and a dashboard.</summary>
internal sealed class WatchStack : Stack
{
    private readonly AwsSettings _settings;
    private readonly Topic _topic;

    public WatchStack(Construct scope, AwsSettings settings, DatabaseStack database, ServiceStack service)
        : base(scope, "Watch", FleetNames.Stack(settings, "watch", "alarms and the dashboard"))
    {
        _settings = settings;
        _topic = AddTopic();
        var metrics = new FleetMetrics(settings, service.Balancer);
        AddBalancerAlarms(metrics);
        AddFleetAlarms(metrics);
        AddDatabaseAlarms(database);
        FleetDashboard.Add(this, settings, metrics, database);
    }

    /// <summary>Adds the topic. CloudWatch may use its key, which it could not with the one of AWS.</summary>
    private Topic AddTopic()
    {
        var key = new Key(this, "Key", new KeyProps
        {
            Description = "Alarms of Terse",
            EnableKeyRotation = true,
            RemovalPolicy = RemovalPolicy.DESTROY,
        });
        key.AddToResourcePolicy(new PolicyStatement(new PolicyStatementProps
        {
            Principals = [new ServicePrincipal("cloudwatch.amazonaws.com")],
            Actions = ["kms:Decrypt", "kms:GenerateDataKey"],
            Resources = ["*"],
        }));
        var topic = new Topic(this, "Alarms", new TopicProps { MasterKey = key, EnforceSSL = true });
        if (_settings.AlarmEmail is { } address)
            topic.AddSubscription(new EmailSubscription(address));
        return topic;
    }

    private void AddBalancerAlarms(FleetMetrics metrics)
    {
        Add(AlarmNames.Errors, "More than 1 % of the requests fail with 5xx.", metrics.ErrorRatio(), 0.01, 3);
        Add(AlarmNames.Slow, "1 % of the answers take more than 0.5 s.", metrics.Slowest(), 0.5, 5);
        Add(AlarmNames.UnhealthyHosts, "A server is not ready.", metrics.UnhealthyHosts(), 0, 3);
        foreach (var zone in _settings.Zones)
        {
            Add(
                $"{AlarmNames.ZoneWithoutServer}-{zone}",
                $"The zone {zone} has no server that is ready.",
                metrics.HealthyHosts(zone),
                1,
                3,
                ComparisonOperator.LESS_THAN_THRESHOLD,
                TreatMissingData.BREACHING);
        }
    }

    private void AddFleetAlarms(FleetMetrics metrics)
    {
        Add(AlarmNames.ReplicaLag, "A replica lags, and serves no reads.", metrics.ReplicaLag(), 10, 2);
        Add(
            AlarmNames.HorizonAge,
            "The horizon does not advance, or no metrics arrive.",
            metrics.HorizonAge(),
            5,
            3,
            missing: TreatMissingData.BREACHING);
        Add(
            AlarmNames.NotReady,
            "A server cannot create links, or cannot redirect.",
            metrics.Ready(),
            1,
            5,
            ComparisonOperator.LESS_THAN_THRESHOLD);
        Add(AlarmNames.VisitsLost, "Visits were lost.", metrics.VisitsLost(), 0, 1);
    }

    private void AddDatabaseAlarms(DatabaseStack database)
    {
        const double Gigabyte = 1024 * 1024 * 1024;
        var space = database.Primary.MetricFreeStorageSpace(new MetricOptions
        {
            Statistic = Stats.MINIMUM,
            Period = Duration.Minutes(5),
        });
        Add(
            AlarmNames.DatabaseDisk,
            "The disk of the primary is nearly full.",
            space,
            _settings.Size.DatabaseGigabytes * Gigabyte / 10,
            3,
            ComparisonOperator.LESS_THAN_THRESHOLD);
    }

    private void Add(
        string name,
        string description,
        IMetric metric,
        double threshold,
        int periods,
        ComparisonOperator comparison = ComparisonOperator.GREATER_THAN_THRESHOLD,
        TreatMissingData missing = TreatMissingData.NOT_BREACHING)
    {
        var alarm = new Alarm(this, name, new AlarmProps
        {
            AlarmName = FleetNames.Alarm(_settings, name),
            AlarmDescription = $"{description} See docs/operating/alerts.md of Terse.",
            Metric = metric,
            Threshold = threshold,
            EvaluationPeriods = periods,
            ComparisonOperator = comparison,
            TreatMissingData = missing,
        });
        var action = new SnsAction(_topic);
        alarm.AddAlarmAction(action);
        alarm.AddOkAction(action);
    }
}
