using System.Diagnostics;
using System.Globalization;
using Terse.Harness;

namespace Terse.ProcessTests;

/// <summary>Tests of a server whose collector of telemetry is lost.</summary>
public sealed class LostCollectorTests(ITestOutputHelper output)
{
    private const string Target = "https://example.com/";
    private const string Failures = "terse_telemetry_export_failures_total";

    /// <summary>How many creations and redirects the test sends while exports fail.</summary>
    private const int Links = 20;
    private const int RedirectsOfLink = 50;

    private static readonly TimeSpan MaxShutdown = TimeSpan.FromSeconds(15);

    [Theory]
    [InlineData(CollectorFault.RefusesConnections, "http/protobuf")]
    [InlineData(CollectorFault.NeverAnswers, "http/protobuf")]
    [InlineData(CollectorFault.AnswersUnavailable, "http/protobuf")]
    [InlineData(CollectorFault.RefusesConnections, "grpc")]
    [InlineData(CollectorFault.NeverAnswers, "grpc")]
    public async Task A_server_without_its_collector_serves_counts_failed_exports_and_stops_in_time(
        CollectorFault fault, string protocol)
    {
        using var folder = new TemporaryFolder();
        await using var collector = await LostCollector.StartAsync(fault);
        var metrics = new Uri($"http://127.0.0.1:{FreePort.Find().ToString(CultureInfo.InvariantCulture)}");
        await using var server = await ServeAsync(folder.Path, collector, protocol, metrics);

        var before = await ReadFailuresAsync(server, metrics);
        await AssertServesAsync(server);
        await Eventually.IsTrueAsync(async () => await ReadFailuresAsync(server, metrics) > before);
        await AssertServesAsync(server);
        var failures = await ReadFailuresAsync(server, metrics);

        var clock = Stopwatch.StartNew();
        Assert.Equal(0, await server.StopAsync());
        output.WriteLine($"{failures} failed exports; the shutdown took {clock.Elapsed}");
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, MaxShutdown);
    }

    /// <summary>Starts a server that sends spans, metrics and log entries, each twice a second.</summary>
    private static Task<TerseProcess> ServeAsync(
        string data, LostCollector collector, string protocol, Uri metrics) =>
        TerseProcess.StartAsync(
            Repository.Program,
            [
                "serve",
                "--urls", "http://127.0.0.1:0",
                "--data", data,
                "--Drain:Delay", "00:00:00",
                "--Telemetry:MetricsUrl", metrics.GetLeftPart(UriPartial.Authority),
                "--Telemetry:RedirectTraceShare", "1",
                "--Telemetry:RequestLogShare", "1",
            ],
            folder: null,
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Endpoint),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_BSP_SCHEDULE_DELAY", "500"),
            ("OTEL_BLRP_SCHEDULE_DELAY", "500"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "500"));

    private static async Task AssertServesAsync(TerseProcess server)
    {
        for (var link = 0; link < Links; link++)
        {
            var code = await server.CreateCodeAsync(Target);
            Assert.NotNull(code);
            Assert.Equal(
                RedirectsOfLink,
                await Follower.FollowAsync(server, code, clients: 1, timesEach: RedirectsOfLink));
        }
    }

    private static async Task<double> ReadFailuresAsync(TerseProcess server, Uri metrics)
    {
        var text = await server.Http.GetStringAsync(new Uri(metrics, "/metrics"));
        var line = Assert.Single(
            text.Split('\n'), line => line.StartsWith(Failures, StringComparison.Ordinal));
        return double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
    }
}
