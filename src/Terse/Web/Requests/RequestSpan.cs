using System.Diagnostics;
using Terse.Hosting;

namespace Terse.Web;

/// <summary>
/// The span of a request, with the attributes of OpenTelemetry's conventions for HTTP
/// (https://opentelemetry.io/docs/specs/semconv/http/http-spans/). Paths, query strings, hosts and addresses
/// are left out: clients choose them, and they can contain targets and secrets.
/// </summary>
/// <remarks>
/// ASP.NET Core itself would create a span for each request, also for each cached redirect, and would
/// continue the trace of every client.
/// </remarks>
internal static class RequestSpan
{
    /// <summary>Starts the span of a request of the API or for a page.</summary>
    public static Activity Start(HttpRequest request)
    {
        _ = TryReadCaller(request, out var caller);
        return Telemetry.Spans.StartActivity("request", ActivityKind.Server, caller)
            ?? StartUnrecorded(caller);
    }

    /// <summary>Starts the span of a request for a code.</summary>
    /// <param name="request">The request.</param>
    /// <param name="isRecorded">Whether the span leaves the program.</param>
    public static Activity StartPublic(HttpRequest request, bool isRecorded) =>
        (isRecorded ? StartRedirect(request) : null) ?? StartUnrecorded(default);

    /// <summary>
    /// Starts the span of a redirect that is recorded; null if nothing listens. The span begins a trace, and
    /// links to the trace that the client names.
    /// </summary>
    public static Activity? StartRedirect(HttpRequest request)
    {
        var links = TryReadCaller(request, out var caller)
            ? (IEnumerable<ActivityLink>)[new(caller)]
            : null;
        return Telemetry.Spans.StartActivity(
            SpanSampler.Redirect, ActivityKind.Server, default(ActivityContext), tags: null, links);
    }

    /// <summary>Adds what is known at the end of the request.</summary>
    public static void Complete(Activity span, HttpContext context)
    {
        if (!span.IsAllDataRequested || span.Source.Name.Length == 0)
            return;
        var (method, route) = (MethodOf(context.Request), RouteOf(context));
        var status = context.Response.StatusCode;
        span.SetTag("http.request.method", method);
        span.SetTag("url.scheme", context.Request.Scheme);
        span.SetTag("network.protocol.version", context.Request.Protocol.Split('/')[^1]);
        span.SetTag("http.response.status_code", status);
        span.DisplayName = route is not null ? $"{method} {route}"
            : span.OperationName == SpanSampler.Redirect ? $"{method} /{{code}}"
            : method;
        if (route is not null)
            span.SetTag("http.route", route);

        if (status >= StatusCodes.Status500InternalServerError)
        {
            span.SetStatus(ActivityStatusCode.Error);
            span.SetTag("error.type", status.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    /// <summary>
    /// The pattern of the endpoint, such as <c>/api/v1/links/{code}</c>; null if the request has none.
    /// </summary>
    public static string? RouteOf(HttpContext context) =>
        (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText is { Length: > 1 } route
            ? route.TrimEnd('/')
            : null;

    /// <summary>The method; <c>_OTHER</c> for one that HTTP does not define.</summary>
    public static string MethodOf(HttpRequest request) => request.Method
        is "GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" or "OPTIONS" or "TRACE" or "CONNECT"
        ? request.Method
        : "_OTHER";

    /// <summary>
    /// Starts an activity that no exporter sees, because errors and their log lines need a trace id.
    /// </summary>
    private static Activity StartUnrecorded(ActivityContext caller)
    {
        var activity = new Activity("request");
        if (caller != default)
            activity.SetParentId(caller.TraceId, caller.SpanId);
        activity.Start();
        return activity;
    }

    /// <summary>Reads the header <c>traceparent</c> (W3C Trace Context).</summary>
    private static bool TryReadCaller(HttpRequest request, out ActivityContext caller) =>
        ActivityContext.TryParse(request.Headers.TraceParent, null, isRemote: true, out caller);
}
