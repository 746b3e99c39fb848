using System.Globalization;
using Terse.Harness;

namespace Terse.Bench;

/// <summary>
/// Measures what telemetry costs a cached redirect: one server without telemetry, one with metrics, and one
/// with metrics and with traces of one percent of the redirects, which it sends to a collector. All three are
/// measured in turns; while one is measured, the others are suspended.
/// </summary>
internal static class TelemetryBenchmark
{
    private const int Links = 100_000;
    private const int Rounds = 9;
    private const double MetricsGoal = 0.97;
    private const double TracesGoal = 0.95;

    private static readonly TimeSpan Time = TimeSpan.FromSeconds(6);

    public static async Task<IEnumerable<Result>> RunAsync(string program)
    {
        await using var collector = await CollectorServer.StartAsync();
        var (metricsPort, tracesPort) = (FreePort.Find(), FreePort.Find());
        await using var off = await MeasuredServer.StartAsync(program, Links, [], []);
        await using var metrics = await MeasuredServer.StartAsync(
            program, Links, ["--Telemetry:MetricsUrl", UrlOf(metricsPort)], []);
        await using var traces = await MeasuredServer.StartAsync(
            program,
            Links,
            ["--Telemetry:MetricsUrl", UrlOf(tracesPort)],
            [
                ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Http.BaseAddress!.AbsoluteUri),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
                ("OTEL_LOGS_EXPORTER", "none"),
            ]);
        MeasuredServer[] all = [off, metrics, traces];
        foreach (var server in all)
            await server.WarmUpAsync();
        for (var round = 0; round < Rounds; round++)
        {
            // The order rotates, so that no server gains from its place.
            for (var index = 0; index < all.Length; index++)
                await all[(round + index) % all.Length].MeasureAloneAsync(all, Time);
        }

        return
        [
            new("cached redirects/s without telemetry", $"{off.Rate:N0}", ""),
            .. Rows("metrics", off, metrics, MetricsGoal),
            .. Rows("metrics and traces of 1 %", off, traces, TracesGoal),
            new(
                "resident memory: without telemetry, with metrics, with metrics and traces",
                string.Join(", ", all.Select(server => $"{server.Bytes / 1e6:N0} MB")),
                ""),
        ];
    }

    private static string UrlOf(int port) =>
        string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");

    private static IEnumerable<Result> Rows(string what, MeasuredServer off, MeasuredServer on, double goal)
    {
        var share = on.RateShare(off);
        yield return new(
            $"cached redirects/s with {what}, over those without, median of {Rounds} rounds",
            $"{share:N3}",
            $"{goal:N2}",
            share >= goal);
        yield return new("CPU time of such a redirect over that without", $"{on.CpuShare(off):N3}", "");
    }
}
