using Microsoft.Extensions.Options;
using Terse.Hosting;

namespace Terse.Web;

/// <summary>
/// Logs requests: all that failed because of the server, all slow ones, and a share of the others
/// (<see cref="TelemetryOptions"/>). A line has the trace id of the request, and nothing that a client can
/// choose freely. Cached redirects are never slow and never fail, so only the share counts for them.
/// </summary>
internal sealed partial class RequestLog(
    IOptionsMonitor<TelemetryOptions> options, ILogger<RequestLog> logger)
{
    private const string Message =
        "{Method} {Route} was answered with {Status} after {Milliseconds} ms.";

    /// <summary>Whether the next request is logged even if it is neither slow nor failed.</summary>
    public bool TakeShare() => Chance.Take(options.CurrentValue.RequestLogShare);

    /// <summary>Logs a request that has been answered, if it is to be logged.</summary>
    /// <param name="context">The request.</param>
    /// <param name="took">The time from its arrival to its answer.</param>
    /// <param name="isChosen">The result of <see cref="TakeShare"/>.</param>
    public void Write(HttpContext context, TimeSpan took, bool isChosen)
    {
        var status = context.Response.StatusCode;
        if (status >= StatusCodes.Status500InternalServerError && !IsReadinessProbe(context))
            LogFailed(MethodOf(context), RouteOf(context), status, took.TotalMilliseconds);
        else if (took >= options.CurrentValue.SlowRequest)
            LogSlow(MethodOf(context), RouteOf(context), status, took.TotalMilliseconds);
        else if (isChosen)
            LogRequest(MethodOf(context), RouteOf(context), status, took.TotalMilliseconds);
    }

    private static bool IsReadinessProbe(HttpContext context) =>
        RequestSpan.RouteOf(context) is { } route && HealthEndpoints.IsProbe(route);

    private static string MethodOf(HttpContext context) => RequestSpan.MethodOf(context.Request);

    private static string RouteOf(HttpContext context) => RequestSpan.RouteOf(context) ?? "without a route";

    [LoggerMessage(60, LogLevel.Error, Message)]
    private partial void LogFailed(string method, string route, int status, double milliseconds);

    [LoggerMessage(61, LogLevel.Warning, Message)]
    private partial void LogSlow(string method, string route, int status, double milliseconds);

    [LoggerMessage(62, LogLevel.Information, Message)]
    private partial void LogRequest(string method, string route, int status, double milliseconds);
}
