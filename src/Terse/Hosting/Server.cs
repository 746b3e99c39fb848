using System.Reflection;
using Microsoft.Extensions.Logging.Console;
using Terse.Web;

namespace Terse.Hosting;

/// <summary>The web server itself: its limits, its JSON, its errors.</summary>
internal static class Server
{
    /// <summary>Bytes of the largest request body.</summary>
    public const int MaxBodyBytes = 64 * 1024;

    public static string Version { get; } = typeof(Server).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
        .InformationalVersion;

    public static void AddServer(this WebApplicationBuilder builder)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
        });
        builder.Logging.ClearProviders();
        builder.Logging.Configure(logging => logging.ActivityTrackingOptions =
            ActivityTrackingOptions.TraceId | ActivityTrackingOptions.SpanId);
        builder.Logging.AddSimpleConsole(console =>
        {
            console.IncludeScopes = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        });
        builder.Services.Configure<ConsoleLoggerOptions>(console =>
            console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        builder.Services.ConfigureHttpJsonOptions(json => TerseJson.Configure(json.SerializerOptions));
        builder.Services.AddSingleton(TimeProvider.System);
    }

    public static void UseErrorPolicy(this IApplicationBuilder app) => app.UseMiddleware<ErrorPolicy>();
}
