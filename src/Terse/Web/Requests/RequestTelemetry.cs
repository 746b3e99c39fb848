using System.Diagnostics;

namespace Terse.Web;

/// <summary>
/// Gives each request a trace id, which its response has in the header <c>X-Trace-Id</c>, and which errors
/// repeat; measures the request; and records it as a span and in <see cref="RequestLog"/>. Cached redirects
/// do not come here (<c>RedirectMiddleware</c>).
/// </summary>
/// <param name="next">The next middleware.</param>
/// <param name="isPublic">
/// Whether everybody may send the requests. Then a request does not continue the trace that it names, because
/// its client would decide what is recorded, but its span links to that trace.
/// </param>
/// <param name="log">Logs requests.</param>
/// <param name="metrics">Measures requests.</param>
/// <param name="sampler">Decides which redirects are recorded.</param>
/// <param name="time">Measures requests.</param>
internal sealed class RequestTelemetry(
    RequestDelegate next,
    bool isPublic,
    RequestLog log,
    RequestMetrics metrics,
    RedirectSampler sampler,
    TimeProvider time)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var begin = time.GetTimestamp();
        using var span = isPublic
            ? RequestSpan.StartPublic(context.Request, isRecorded: sampler.Next())
            : RequestSpan.Start(context.Request);
        context.Response.Headers[TraceIds.Header] = span.TraceId.ToHexString();
        try
        {
            await next(context);
        }
        finally
        {
            var took = time.GetElapsedTime(begin);
            RequestSpan.Complete(span, context);
            if (!EndlessResponse.Is(context))
            {
                metrics.Measure(context, took);
                log.Write(context, took, log.TakeShare());
            }
        }
    }
}

/// <summary>
/// Marks an endpoint whose response ends when the client closes it. Its duration says nothing about the
/// server, so it is neither measured nor slow.
/// </summary>
internal sealed record EndlessResponse
{
    /// <summary>Whether the response of a request was an endless one, and not an error.</summary>
    public static bool Is(HttpContext context) =>
        context.Response.StatusCode < StatusCodes.Status400BadRequest
        && context.GetEndpoint()?.Metadata.GetMetadata<EndlessResponse>() is not null;
}

/// <summary>The trace id of a request, as its response contains it.</summary>
internal static class TraceIds
{
    public const string Header = "X-Trace-Id";

    /// <summary>Returns the trace id of the present request: 32 hexadecimal digits.</summary>
    public static string Of(HttpContext context) =>
        Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier;
}
