using Amazon.CDK.AWS.CloudWatch;
using Constructs;
using Terse.Aws.Database;
using Terse.Aws.Settings;

namespace Terse.Aws.Watch;

/// <summary>The dashboard: what visitors get, the servers, the databases, and the horizon.</summary>
internal static class FleetDashboard
{
    private const int Width = 8;

    public static void Add(
        Construct scope, AwsSettings settings, FleetMetrics metrics, DatabaseStack database)
    {
        var dashboard =
            new Dashboard(scope, "Dashboard", new DashboardProps { DashboardName = settings.Name });
        dashboard.AddWidgets(
            Graph("Requests and redirects a minute", metrics.Requests(), metrics.Redirects()),
            Graph("Share of 5xx", metrics.ErrorRatio()),
            Graph("p99 in seconds", metrics.Slowest()));
        dashboard.AddWidgets(
            Graph("Servers that are ready", [.. settings.Zones.Select(metrics.HealthyHosts)]),
            Graph("Cache: hits and misses", metrics.CacheHits(), metrics.CacheMisses()),
            Graph("Ids minted", metrics.IdsMinted()));
        dashboard.AddWidgets(
            Graph("Lag and horizon in seconds", metrics.ReplicaLag(), metrics.HorizonAge()),
            Graph("Processor of the databases", [.. Processors(database)]),
            Graph("Visits that wait, and lost ones", metrics.VisitsWaiting(), metrics.VisitsLost()));
    }

    private static IEnumerable<IMetric> Processors(DatabaseStack database) =>
        [database.Primary.MetricCPUUtilization(), .. database.Replicas.Select(r => r.MetricCPUUtilization())];

    private static GraphWidget Graph(string title, params IMetric[] metrics) => new(new GraphWidgetProps
    {
        Title = title,
        Left = metrics,
        Width = Width,
    });
}
