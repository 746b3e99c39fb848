using System.Diagnostics;
using Terse.Hosting;

namespace Terse.Web;

/// <summary>
/// Sees to it that every error that a request ends in has a body that says so, whoever made it: the router,
/// the reading of the body, a store that is lost, or a bug. Only what the web server cannot read as a request
/// at all never comes this far.
/// </summary>
internal sealed partial class ErrorPolicy(RequestDelegate next, ILogger<ErrorPolicy> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        using var activity = new Activity("request");
        if (Activity.Current is null)
            Begin(activity, context.Request);
        try
        {
            await next(context);
            if (IsBareError(context.Response))
                await Explain(context, context.Response.StatusCode).ExecuteAsync(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Whoever asked has gone; there is nobody to answer.
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            context.Response.Clear();
            await Explain(context, exception).ExecuteAsync(context);
        }
    }

    /// <summary>
    /// Where nobody listens to its traces the web server makes none, and redirects are quicker for it; but an
    /// error, and what is logged of it, have a trace id, the caller's where he sent one (W3C Trace Context).
    /// </summary>
    private static void Begin(Activity activity, HttpRequest request)
    {
        if (ActivityContext.TryParse(request.Headers.TraceParent, null, isRemote: true, out var caller))
            activity.SetParentId(caller.TraceId, caller.SpanId, caller.TraceFlags);
        activity.Start();
    }

    private static bool IsBareError(HttpResponse response) =>
        response is { HasStarted: false, StatusCode: >= 400, ContentLength: null, ContentType: null };

    /// <summary>Says what the web server and the router mean by a status.</summary>
    private static Problem Explain(HttpContext context, int status)
    {
        var request = context.Request;
        return Problem.Of(ProblemType.OfStatus(status), status switch
        {
            StatusCodes.Status404NotFound => $"{request.Path} leads nowhere.",
            StatusCodes.Status405MethodNotAllowed =>
                $"{request.Path} does not answer {request.Method}, but {context.Response.Headers.Allow}.",
            StatusCodes.Status413PayloadTooLarge => $"A body has at most {WebSetup.MaxBodyBytes} bytes.",
            StatusCodes.Status415UnsupportedMediaType =>
                "Send the body with 'Content-Type: application/json'.",
            _ => "The request or its body is empty, cut off or otherwise unreadable.",
        });
    }

    private Problem Explain(HttpContext context, Exception exception)
    {
        switch (exception)
        {
            case JsonBodyException json:
                return Problem.Of(ProblemType.RequestMalformed, json.Message, json.Field);
            case BadHttpRequestException bad:
                return Explain(context, bad.StatusCode);
            case StoreUnavailableException unavailable:
                LogStoreUnavailable(unavailable.Message, unavailable.InnerException?.Message);
                return Problem.Of(ProblemType.StoreUnavailable, unavailable.Message);
            case OperationCanceledException:
                return Problem.Of(ProblemType.Stopping, "The server is stopping; try again in a moment.");
            default:
                LogUnexpected(exception);
                return Problem.Of(ProblemType.Unexpected, "The error was logged under this trace id.");
        }
    }

    [LoggerMessage(100, LogLevel.Error, "A request failed unexpectedly.")]
    private partial void LogUnexpected(Exception exception);

    [LoggerMessage(101, LogLevel.Warning, "A request was answered 503: {Reason} ({Cause})")]
    private partial void LogStoreUnavailable(string reason, string? cause);
}
