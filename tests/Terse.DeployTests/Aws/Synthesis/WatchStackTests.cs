using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Terse.Aws.Settings;
using Terse.Harness;

namespace Terse.DeployTests;

[Collection(Templates.Collection)]
public sealed partial class WatchStackTests
{
    private static readonly Templates Medium = Templates.Of(FleetSizes.Medium);

    [Fact]
    public void There_is_an_alarm_for_each_thing_that_can_fail()
    {
        var names = Alarms().Select(alarm => (string)alarm["AlarmName"]!);
        Assert.Equal(
            [
                "terse-database-disk", "terse-horizon-age", "terse-replica-lag", "terse-server-errors",
                "terse-server-not-ready", "terse-slow-answers", "terse-unhealthy-servers",
                "terse-visits-lost",
                "terse-zone-without-server-eu-central-1a", "terse-zone-without-server-eu-central-1b",
                "terse-zone-without-server-eu-central-1c",
            ],
            names.Order(StringComparer.Ordinal));
        Assert.All(Alarms(), alarm => Assert.Single(alarm["AlarmActions"]!.AsArray()));
    }

    [Fact]
    public void A_zone_with_fewer_than_one_healthy_server_raises_an_alarm_also_without_values()
    {
        var zones = Alarms()
            .Where(alarm => ((string)alarm["AlarmName"]!).Contains("zone", StringComparison.Ordinal));
        Assert.All(zones, alarm =>
        {
            var metric = Assert.Single(alarm["Metrics"]!.AsArray())!["MetricStat"]!["Metric"]!;
            Assert.Equal("HealthyHostCount", (string?)metric["MetricName"]);
            Assert.Equal(1, (int)alarm["Threshold"]!);
            Assert.Equal("LessThanThreshold", (string?)alarm["ComparisonOperator"]);
            Assert.Equal("breaching", (string?)alarm["TreatMissingData"]);
            Assert.Contains(
                metric["Dimensions"]!.AsArray(), dimension =>
                    (string?)dimension!["Name"] == "AvailabilityZone");
        });
    }

    [Fact]
    public void The_agent_sends_each_metric_of_an_alarm_and_of_the_dashboard_with_these_dimensions()
    {
        var sent = Declarations().SelectMany(declaration =>
            from selector in declaration["metric_selectors"]!.AsArray()
            from dimensions in declaration["dimensions"]!.AsArray()
            let names = dimensions!.AsArray().Select(name => (string)name!).Order(StringComparer.Ordinal)
            select $"{((string)selector!).Trim('^', '$')} {string.Join(' ', names)}")
                .ToHashSet(StringComparer.Ordinal);

        var wanted = Alarms().Where(alarm => (string?)alarm["Namespace"] == FleetNames.MetricNamespace)
            .Select(alarm => Describe(
                (string)alarm["MetricName"]!,
                alarm["Dimensions"]!.AsArray().Select(dimension => (string)dimension!["Name"]!)))
            .ToHashSet(StringComparer.Ordinal);
        Assert.Equal(4, wanted.Count);
        Assert.Subset(sent, wanted);

        var shown = DashboardMetric.Matches(Dashboard()).Select(match => Describe(
            match.Groups["metric"].Value,
            DimensionName.Matches(match.Groups["rest"].Value).Select(name => name.Groups["name"].Value)))
            .ToHashSet(StringComparer.Ordinal);
        Assert.Equal(8, shown.Count);
        Assert.Subset(sent, shown);
    }

    [Fact]
    public void The_program_has_each_metric_that_the_agent_sends()
    {
        var documented =
            Instrument.Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs/metrics.md")))
            .Select(match => match.Groups["name"].Value.Replace('.', '_'))
            .ToList();
        var selectors = Declarations().SelectMany(declaration => declaration["metric_selectors"]!.AsArray())
            .Select(selector => ((string)selector!).Trim('^', '$'));
        Assert.All(selectors, selector => Assert.Contains(
            documented,
            name => selector == name || selector == name + "_total" || selector == name + "_seconds"));
    }

    private static IReadOnlyList<TemplateResource> Alarms() => Medium.OfType("AWS::CloudWatch::Alarm");

    private static string Dashboard() =>
        JsonTexts(Medium.Single("AWS::CloudWatch::Dashboard")["DashboardBody"]!);

    /// <summary>The body, with the references to other resources left out.</summary>
    private static string JsonTexts(JsonNode body) => string.Concat(
        body["Fn::Join"]![1]!.AsArray().OfType<JsonValue>().Select(part => (string)part!));

    private static string Describe(string metric, IEnumerable<string> dimensions) =>
        $"{metric} {string.Join(' ', dimensions.Order(StringComparer.Ordinal))}";

    private static IEnumerable<JsonNode> Declarations()
    {
        var file = Path.Combine(Repository.Root, "deploy/aws/image/cloudwatch-agent.json");
        var processor = JsonNode.Parse(File.ReadAllText(file))!
            ["logs"]!["metrics_collected"]!["prometheus"]!["emf_processor"]!;
        Assert.Equal(FleetNames.MetricNamespace, (string?)processor["metric_namespace"]);
        return processor["metric_declaration"]!.AsArray().Select(declaration => declaration!);
    }

    [GeneratedRegex(
        """
        \["Terse","(?<metric>\w+)"(?<rest>[^\[\]]*)
        """,
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex DashboardMetric { get; }

    [GeneratedRegex(
        """
        "(?<name>installation|terse_\w+)","[\w-]+"
        """,
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex DimensionName { get; }

    [GeneratedRegex(
        @"`(?<name>terse\.[\w.]+)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Instrument { get; }
}
