using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Tests of the Prometheus that other tests use.</summary>
public sealed class PrometheusServerTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    [Fact]
    public async Task Prometheus_scrapes_a_server_evaluates_rules_and_reports_alerts()
    {
        using var folder = new TemporaryFolder();
        var rules = folder["test.rules.yml"];
        await File.WriteAllTextAsync(
            rules,
            """
            groups:
              - name: test
                rules:
                  - record: job:ready:sum
                    expr: sum by (job) (terse_server_ready{terse_purpose="redirects"})
                  - alert: ServerIsDown
                    expr: up == 0
            """);
        var metricsUrl = $"http://127.0.0.1:{FreePort.Find()}";
        await using var server = await TerseProcess.ServeAsync(
            folder["data"], "--Telemetry:MetricsUrl", metricsUrl);
        await using var prometheus = await PrometheusServer.StartAsync(
            [metricsUrl], [rules], Interval, Interval);

        await Eventually.IsTrueAsync(async () =>
            await prometheus.QueryAsync("job:ready:sum") is [{ Value: 1 } sample]
            && sample.Labels["job"] == "terse");
        Assert.Empty(await prometheus.AlertsAsync());
        Assert.Equal(2, Assert.Single(await prometheus.QueryAsync("scalar(up) + 1")).Value);

        await server.KillAsync();
        await Eventually.IsTrueAsync(async () =>
            await prometheus.AlertsAsync() is [{ Name: "ServerIsDown", IsFiring: true } alert]
            && alert.Labels["instance"] == new Uri(metricsUrl).Authority);
        await Assert.ThrowsAsync<InvalidOperationException>(() => prometheus.QueryAsync("sum("));
    }
}
