using Microsoft.Extensions.Configuration;
using Terse.Hosting;

namespace Terse.Tests.Hosting;

public sealed class TelemetrySettingsTests
{
    [Theory]
    [InlineData("LogFormat", "xml", "set it to 'json' or 'text'")]
    [InlineData("MetricsUrl", "9464", "such as 'http://127.0.0.1:9464'")]
    [InlineData("MetricsUrl", "https://127.0.0.1:9464", "such as 'http://127.0.0.1:9464'")]
    [InlineData("MetricsUrl", "http://127.0.0.1:9464/metrics", "without a path")]
    [InlineData("MetricsUrl", "http://metrics.example:9464", "such as 'http://127.0.0.1:9464'")]
    [InlineData("AdvertisedMetricsUrl", "web-1:9464", "such as 'http://web-1.example:9464'")]
    [InlineData("AdvertisedMetricsUrl", "ftp://web-1:9464", "such as 'http://web-1.example:9464'")]
    [InlineData("AdvertisedMetricsUrl", "https://web-1:9464/metrics", "without a path")]
    [InlineData("AdvertisedMetricsUrl", "https://me:secret@web-1:9464", "http or https, a host, and")]
    [InlineData("AdvertisedMetricsUrl", "https://web-1:9464", "set Telemetry:MetricsUrl")]
    [InlineData("SlowRequest", "00:00:00", "00:00:00.001 to 01:00:00")]
    [InlineData("SlowRequest", "1", "a duration such as")]
    [InlineData("RequestLogShare", "1.5", "set it to 0 to 1")]
    [InlineData("RequestLogShare", "often", "a number from 0 to 1")]
    [InlineData("RedirectTraceShare", "-0.1", "set it to 0 to 1")]
    [InlineData("RedirectTraceShare", "NaN", "set it to 0 to 1")]
    [InlineData("Sampler", "always_on", "Unknown setting")]
    public async Task A_wrong_setting_is_an_error_that_says_what_to_do(
        string name, string value, string advice)
    {
        await using var app = Program.BuildServer([new($"Telemetry:{name}", value)]);

        Assert.Contains(
            SettingsErrors.Find(app.Services),
            error => error.Contains(advice, StringComparison.Ordinal)
                && error.Contains($"Telemetry:{name}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Urls", "http://127.0.0.1:9464", "has the port 9464 of Urls")]
    [InlineData("OTEL_SDK_DISABLED", "true", "turns off /metrics")]
    public async Task The_metrics_need_a_port_of_their_own_and_the_SDK(
        string name, string value, string advice)
    {
        await using var app = Program.BuildServer(
            [new("Telemetry:MetricsUrl", "http://127.0.0.1:9464"), new(name, value)]);

        Assert.Contains(advice, Assert.Single(SettingsErrors.Find(app.Services)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:9464", 9464)]
    [InlineData("http://0.0.0.0:9464/", 9464)]
    [InlineData("http://[::1]:9464", 9464)]
    [InlineData("http://localhost:9464", 9464)]
    public void The_address_of_the_metrics_needs_a_port(string address, int port) =>
        Assert.Equal(port, new TelemetryOptions { MetricsUrl = address }.MetricsPort);

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("http://127.0.0.1:9464/", null, "http://127.0.0.1:9464")]
    [InlineData("http://[::1]:9464", null, "http://[::1]:9464")]
    [InlineData("http://localhost:9464", null, "http://localhost:9464")]
    [InlineData("http://0.0.0.0:9464", null, "http://web-1:9464")]
    [InlineData("http://[::]:9464", null, "http://web-1:9464")]
    [InlineData("http://[::0]:9464", null, "http://web-1:9464")]
    [InlineData("http://0.0.0.0:9464", "https://metrics.example/", "https://metrics.example")]
    public void The_advertised_address_of_the_metrics_is_one_that_other_machines_reach(
        string? address, string? advertised, string? expected)
    {
        var options = new TelemetryOptions { MetricsUrl = address, AdvertisedMetricsUrl = advertised };

        Assert.Equal(expected, options.FindAdvertisedMetricsUrl("web-1"));
    }

    [Theory]
    [InlineData("", false, false, false)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=http://a:4317", true, true, true)]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://a:4317", true, false, false)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=http://a:4317 OTEL_LOGS_EXPORTER=none", true, true, false)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=http://a:4317 OTEL_SDK_DISABLED=TRUE", false, false, false)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=", false, false, false)]
    public void A_signal_is_sent_if_it_has_an_endpoint(
        string variables, bool traces, bool metrics, bool logs)
    {
        var read = Read(variables);

        Assert.Equal((traces, metrics, logs), (read.SendsTraces, read.SendsMetrics, read.SendsLogs));
    }

    [Theory]
    [InlineData("OTEL_TRACES_SAMPLER=sometimes", "OTEL_TRACES_SAMPLER is 'sometimes'")]
    [InlineData(
        "OTEL_TRACES_SAMPLER=traceidratio OTEL_TRACES_SAMPLER_ARG=2", "OTEL_TRACES_SAMPLER_ARG is '2'")]
    public void A_wrong_sampler_stops_the_start(string variables, string message)
    {
        var exception = Assert.Throws<StartupException>(() => SpanSampler.Of(Read(variables)));

        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/sys/devices/virtual/dmi/id/board_asset_tag=i-0abc", "i-0abc")]
    [InlineData("/sys/devices/virtual/dmi/id/board_asset_tag=Default /etc/machine-id=0123", "0123")]
    [InlineData("/var/lib/dbus/machine-id=4567", "4567")]
    [InlineData("", null)]
    public void The_machine_is_named_by_its_cloud_or_by_Linux(string files, string? expected)
    {
        var texts = PairsOf(files).ToDictionary(StringComparer.Ordinal);

        Assert.Equal(expected, HostId.Find(texts.GetValueOrDefault));
    }

    private static OtelVariables Read(string variables) => new(
        new ConfigurationBuilder().AddInMemoryCollection(PairsOf(variables)).Build());

    private static IEnumerable<KeyValuePair<string, string?>> PairsOf(string text) => text
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(pair => new KeyValuePair<string, string?>(pair.Split('=')[0], pair.Split('=')[1]));
}
