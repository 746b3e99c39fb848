using Terse.Aws.Settings;

namespace Terse.DeployTests;

[Collection(Templates.Collection)]
public sealed class BalancerTests
{
    private static readonly Templates Small = Templates.Of(FleetSizes.Small);

    [Fact]
    public void The_balancer_notices_before_the_drain_ends_and_waits_for_longer_than_it()
    {
        var targets = Small.Single("AWS::ElasticLoadBalancingV2::TargetGroup");
        Assert.Equal("/health/ready", (string?)targets["HealthCheckPath"]);
        var notice = (int)targets["HealthCheckIntervalSeconds"]! * (int)targets["UnhealthyThresholdCount"]!
            + (int)targets["HealthCheckTimeoutSeconds"]!;
        Assert.Contains("TERSE__Drain__Delay='00:00:20'", UserData.Of(Small), StringComparison.Ordinal);
        Assert.True(notice < Timing.DrainDelay.TotalSeconds);

        var attributes = targets["TargetGroupAttributes"]!.AsArray().ToDictionary(
            attribute => (string)attribute!["Key"]!,
            attribute => (string)attribute!["Value"]!,
            StringComparer.Ordinal);
        Assert.Equal("60", attributes["deregistration_delay.timeout_seconds"]);
        Assert.True(Timing.Deregistration > Timing.Drain);
        Assert.Equal("60", attributes["slow_start.duration_seconds"]);
    }

    [Fact]
    public void Visitors_use_https_only()
    {
        var listeners = Small.OfType("AWS::ElasticLoadBalancingV2::Listener");
        Assert.Equal(2, listeners.Count);
        var https = Assert.Single(listeners, listener => (string?)listener["Protocol"] == "HTTPS");
        Assert.StartsWith("ELBSecurityPolicy-TLS13", (string?)https["SslPolicy"], StringComparison.Ordinal);
        var http = Assert.Single(listeners, listener => (string?)listener["Protocol"] == "HTTP");
        var redirect = Assert.Single(http["DefaultActions"]!.AsArray())!;
        Assert.Equal("HTTPS", (string?)redirect["RedirectConfig"]!["Protocol"]);
    }

    [Fact]
    public void Requests_to_servers_are_encrypted() => Assert.Equal(
        "HTTPS", (string?)Small.Single("AWS::ElasticLoadBalancingV2::TargetGroup")["Protocol"]);

    [Fact]
    public void The_balancer_logs_each_request_and_cannot_be_deleted_by_mistake()
    {
        var attributes = Small.Single("AWS::ElasticLoadBalancingV2::LoadBalancer")["LoadBalancerAttributes"]!
            .AsArray().Select(attribute => $"{attribute!["Key"]}={attribute["Value"]}");
        Assert.Contains("access_logs.s3.enabled=true", attributes);
        Assert.Contains("deletion_protection.enabled=true", attributes);
        Assert.Contains("routing.http.drop_invalid_header_fields.enabled=true", attributes);
    }

    [Theory]
    [ClassData(typeof(SizeData))]
    public void The_firewall_limits_each_address(string size)
    {
        var templates = SizeData.Templates(size);
        var rule = Assert.Single(templates.Single("AWS::WAFv2::WebACL")["Rules"]!.AsArray())!;
        var rate = rule["Statement"]!["RateBasedStatement"]!;
        Assert.Equal("IP", (string?)rate["AggregateKeyType"]);
        Assert.Equal(SizeData.Find(size).RequestsPerAddress, (int)rate["Limit"]!);
        Assert.NotNull(rule["Action"]!["Block"]);
        Assert.Single(templates.OfType("AWS::WAFv2::WebACLAssociation"));
    }
}
