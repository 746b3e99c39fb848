using Microsoft.Extensions.Logging.Console;
using OpenTelemetry.Logs;

namespace Terse.Hosting;

/// <summary>
/// Configures the log: JSON lines on standard output for collectors, or readable lines on standard error for
/// people; and OTLP if the variables of OpenTelemetry say so.
/// </summary>
internal static class LogSetup
{
    /// <summary>
    /// The maximum number of lines that wait for a slow reader of the output. Further lines are dropped, and
    /// a line says how many: a redirect must not wait for the reader of the log.
    /// </summary>
    private const int MaxWaitingLines = 4096;

    public static void AddLog(this WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        builder.Logging.Configure(logging => logging.ActivityTrackingOptions =
            ActivityTrackingOptions.TraceId | ActivityTrackingOptions.SpanId);
        builder.Services.Configure<ConsoleLoggerOptions>(console =>
        {
            console.MaxQueueLength = MaxWaitingLines;
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });
        if (TelemetryOptions.IsJson(builder.Configuration[TelemetryOptions.LogFormatPath]))
        {
            builder.Logging.AddConsole(console => console.FormatterName = JsonLogFormatter.FormatterName);
            builder.Services.AddSingleton<ConsoleFormatter, JsonLogFormatter>();
        }
        else
        {
            builder.Logging.AddSimpleConsole(console =>
            {
                console.IncludeScopes = true;
                console.UseUtcTimestamp = true;
                console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            });
            builder.Services.Configure<ConsoleLoggerOptions>(console =>
                console.LogToStandardErrorThreshold = LogLevel.Trace);
        }

        if (new OtelVariables(builder.Configuration).SendsLogs)
        {
            builder.Logging.AddOpenTelemetry(log =>
            {
                log.IncludeFormattedMessage = true;
                log.ParseStateValues = true;
                log.AddProcessor(provider =>
                    new IdentityOnLogs(provider.GetRequiredService<ServerIdentity>()));
                log.AddOtlpExporter();
            });
        }
    }
}
