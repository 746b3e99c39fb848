using Amazon.CDK;
using Amazon.CDK.AWS.CloudWatch;
using Amazon.CDK.AWS.ElasticLoadBalancingV2;
using Terse.Aws.Service;
using Terse.Aws.Settings;

namespace Terse.Aws.Watch;

/// <summary>
/// Metrics of the balancer, and of the program. The agent on each server reads the program's metrics and
/// sends those that <c>image/cloudwatch-agent.json</c> lists (decision 0036).
/// </summary>
internal sealed class FleetMetrics(AwsSettings settings, Balancer balancer)
{
    private static readonly Duration Minute = Duration.Minutes(1);

    /// <summary>The share of 5xx, of servers and of the balancer, among at least 100 requests.</summary>
    public MathExpression ErrorRatio() => new(new MathExpressionProps
    {
        Label = "share of 5xx",
        Expression = "IF(requests >= 100, (FILL(target, 0) + FILL(balancer, 0)) / requests, 0)",
        Period = Minute,
        UsingMetrics = new Dictionary<string, IMetric>(StringComparer.Ordinal)
        {
            ["requests"] = Requests(),
            ["target"] = balancer.LoadBalancer.Metrics.HttpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, Sum()),
            ["balancer"] = balancer.LoadBalancer.Metrics.HttpCodeElb(HttpCodeElb.ELB_5XX_COUNT, Sum()),
        },
    });

    public Metric Requests() => balancer.LoadBalancer.Metrics.RequestCount(Sum());

    /// <summary>The time, in seconds, that 99 % of the answers of servers do not exceed.</summary>
    public Metric Slowest() => balancer.LoadBalancer.Metrics.TargetResponseTime(new MetricOptions
    {
        Statistic = Stats.Percentile(99),
        Period = Minute,
        Label = "p99 in seconds",
    });

    public Metric UnhealthyHosts() => balancer.Targets.Metrics.UnhealthyHostCount(new MetricOptions
    {
        Statistic = Stats.MAXIMUM,
        Period = Minute,
        Label = "servers that are not ready",
    });

    public Metric HealthyHosts(string zone) => new(new MetricProps
    {
        Namespace = "AWS/ApplicationELB",
        MetricName = "HealthyHostCount",
        DimensionsMap = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["LoadBalancer"] = balancer.LoadBalancer.LoadBalancerFullName,
            ["TargetGroup"] = balancer.Targets.TargetGroupFullName,
            ["AvailabilityZone"] = zone,
        },
        Statistic = Stats.MINIMUM,
        Period = Minute,
        Label = $"servers that are ready in {zone}",
    });

    public Metric ReplicaLag() =>
        Fleet("terse_host_lag_seconds", Stats.MAXIMUM, "terse_host_role", "replica");

    public Metric HorizonAge() =>
        Fleet("terse_host_horizon_age_seconds", Stats.MAXIMUM, "terse_host_role", "primary");

    public Metric Ready() => Fleet("terse_server_ready", Stats.MINIMUM, "terse_purpose", "creations");

    public Metric VisitsLost() => Fleet("terse_visits_lost_total", Stats.SUM);

    public Metric Redirects() =>
        Fleet("terse_redirects_total", Stats.SUM, "terse_redirect_outcome", "followed");

    public Metric CacheHits() => Fleet("terse_cache_hits_total", Stats.SUM);

    public Metric CacheMisses() => Fleet("terse_cache_misses_total", Stats.SUM);

    public Metric IdsMinted() => Fleet("terse_ids_minted_total", Stats.SUM);

    public Metric VisitsWaiting() => Fleet("terse_visits_waiting", Stats.MAXIMUM);

    private static MetricOptions Sum() => new() { Statistic = Stats.SUM, Period = Minute };

    private Metric Fleet(string name, string statistic, string? dimension = null, string? value = null)
    {
        var dimensions = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [FleetNames.MetricDimension] = settings.Name,
        };
        if (dimension is not null && value is not null)
            dimensions[dimension] = value;
        return new(new MetricProps
        {
            Namespace = FleetNames.MetricNamespace,
            MetricName = name,
            DimensionsMap = dimensions,
            Statistic = statistic,
            Period = Minute,
        });
    }
}
