using Microsoft.Extensions.Options;
using Terse.Hosting;

namespace Terse.Web;

/// <summary>
/// Answers <c>/metrics</c> on an address of its own (<see cref="TelemetryOptions.MetricsUrl"/>), so that
/// nobody who reaches the short URLs can read the metrics. Nothing else is on this address.
/// </summary>
internal static class MetricsPort
{
    /// <summary>Lets the web server listen on the address.</summary>
    public static void AddMetricsPort(this WebApplicationBuilder builder)
    {
        if (builder.Configuration[TelemetryOptions.MetricsUrlPath] is { Length: > 0 } url)
            builder.Configuration[Settings.Urls] = $"{builder.Configuration[Settings.Urls]};{url}";
    }

    /// <summary>Adds the middleware, which must be the first one.</summary>
    public static void UseMetricsPort(this IApplicationBuilder app) => app.UseAtStart(late =>
    {
        var options = late.ApplicationServices.GetRequiredService<IOptions<TelemetryOptions>>().Value;
        if (options.MetricsPort is not { } port)
            return;
        var metrics = late.New();
        metrics.UseOpenTelemetryPrometheusScrapingEndpoint();
        metrics.Run(static context =>
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
        var scrape = metrics.Build();
        late.Use(next => context => context.Connection.LocalPort == port ? scrape(context) : next(context));
    });
}
