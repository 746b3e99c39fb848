using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Terse.Horizon;

namespace Terse.Hosting;

/// <summary>
/// Registers metrics and traces. Without an endpoint of OpenTelemetry and without
/// <see cref="TelemetryOptions.MetricsUrl"/>, nothing listens to them, and they cost next to nothing.
/// </summary>
internal static class TelemetrySetup
{
    /// <summary>
    /// The metrics of .NET that help to operate a server (docs/metrics.md). The other ones of these meters
    /// would cost time in each request.
    /// </summary>
    private static readonly string[] OfFramework =
    [
        "kestrel.active_connections", "kestrel.rejected_connections",
        "kestrel.queued_connections", "db.client.connection.count", "db.client.connection.max",
        "db.client.connection.pending_requests", "db.client.operation.duration",
        "dotnet.gc.collections", "dotnet.gc.heap.total_allocated", "dotnet.gc.pause.time",
        "dotnet.process.cpu.time", "dotnet.process.memory.working_set", "dotnet.thread_pool.queue.length",
        "dotnet.thread_pool.thread.count", "dotnet.exceptions",
    ];

    /// <summary>The spans and the metrics of the driver for PostgreSQL.</summary>
    private const string Npgsql = "Npgsql";

    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<TelemetryOptions>().BindConfiguration(TelemetryOptions.Section).ValidateAtStart();
        services.AddSingleton(new SettingsSection(TelemetryOptions.Section, TelemetryOptions.SettingNames)
        {
            PerServer = [nameof(TelemetryOptions.MetricsUrl), nameof(TelemetryOptions.AdvertisedMetricsUrl)],
            Durations = [nameof(TelemetryOptions.SlowRequest)],
            Live =
            [
                nameof(TelemetryOptions.SlowRequest), nameof(TelemetryOptions.RequestLogShare),
                nameof(TelemetryOptions.RedirectTraceShare),
            ],
            Shares = [nameof(TelemetryOptions.RequestLogShare), nameof(TelemetryOptions.RedirectTraceShare)],
        });
        services.AddSingleton<IValidateOptions<TelemetryOptions>, TelemetryOptionsValidator>();
        services.AddSingleton<ServerIdentity>();
        services.AddSingleton<ExportFailures>();
        services.AddHostedService<ExportShutdown>();
        services.AddHostedService<ServerMetrics>();
        builder.AddLog();

        var variables = new OtelVariables(builder.Configuration);
        var hasPort = TelemetryOptions.TryReadMetricsUrl(
            builder.Configuration[TelemetryOptions.MetricsUrlPath], out _);
        if (!variables.SendsTraces && !variables.SendsMetrics && !variables.SendsLogs && !hasPort)
            return;
        var telemetry = services.AddOpenTelemetry().ConfigureResource(resource => resource
            .Clear()
            .AddTelemetrySdk()
            .AddEnvironmentVariableDetector()
            .AddDetector(provider => new IdentityDetector(provider.GetRequiredService<ServerIdentity>())));
        if (variables.SendsTraces)
            telemetry.WithTracing(tracing => AddTracing(tracing, variables));
        if (variables.SendsMetrics || hasPort)
            telemetry.WithMetrics(metrics => AddMetrics(metrics, variables.SendsMetrics, hasPort));
    }

    private static void AddTracing(TracerProviderBuilder tracing, OtelVariables variables) => tracing
        .AddSource(Telemetry.Spans.Name, Cluster.SpanSource, Npgsql)
        .SetSampler(_ => SpanSampler.Of(variables))
        .AddProcessor(provider => new IdentityOnSpans(provider.GetRequiredService<ServerIdentity>()))
        .AddOtlpExporter();

    private static void AddMetrics(MeterProviderBuilder metrics, bool sends, bool hasPort)
    {
        metrics
            .AddMeter(
                Telemetry.Meter, Npgsql, "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
            .AddView(instrument =>
                instrument.Meter.Name == Telemetry.Meter || OfFramework.Contains(instrument.Name)
                    ? null
                    : MetricStreamConfiguration.Drop);
        if (sends)
            metrics.AddOtlpExporter();
        if (hasPort)
            metrics.AddPrometheusExporter();
    }

    private sealed class IdentityDetector(ServerIdentity identity) : IResourceDetector
    {
        public Resource Detect() => new(identity.Attributes.Select(attribute =>
            new KeyValuePair<string, object>(attribute.Key, attribute.Value)));
    }
}
