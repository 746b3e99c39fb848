using Microsoft.AspNetCore.Http.Features;
using Terse.Hosting;

namespace Terse.Web;

/// <summary>
/// Gives every error response a body that explains the error, whether the cause is the router, the body
/// parser, an unavailable database or a bug. The only exception is a request that Kestrel cannot parse,
/// because Kestrel answers this request before any middleware runs.
/// </summary>
internal sealed partial class ErrorPolicy(RequestDelegate next, ILogger<ErrorPolicy> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            await AnswerAsync(context);
        }
        catch (Exception exception) when (IsAborted(context, exception))
        {
            // No response can be sent.
            LogAborted(exception.Message);
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        try
        {
            await next(context);
            if (IsBareError(context.Response))
                await Explain(context, context.Response.StatusCode).ExecuteAsync(context);
        }
        catch (Exception exception) when (!context.Response.HasStarted && !IsAborted(context, exception))
        {
            var traceId = context.Response.Headers[TraceIds.Header];
            context.Response.Clear();
            context.Response.Headers[TraceIds.Header] = traceId;
            await Explain(context, exception).ExecuteAsync(context);
        }
    }

    /// <summary>Whether the cause of the exception is that the client closed the connection.</summary>
    private static bool IsAborted(HttpContext context, Exception exception) =>
        exception is OperationCanceledException or IOException
        && context.RequestAborted.IsCancellationRequested;

    private static bool IsBareError(HttpResponse response) =>
        response is { HasStarted: false, StatusCode: >= 400, ContentLength: null, ContentType: null };

    /// <summary>Explains the status code of an error response that has no body yet.</summary>
    private static Problem Explain(HttpContext context, int status)
    {
        var request = context.Request;
        return Problem.Of(ProblemType.OfStatus(status), status switch
        {
            StatusCodes.Status404NotFound => $"The path {request.Path} does not exist.",
            StatusCodes.Status405MethodNotAllowed =>
                $"The path {request.Path} does not support {request.Method}; use "
                + $"{context.Response.Headers.Allow}.",
            StatusCodes.Status408RequestTimeout =>
                "The body arrived too slowly; send it again, at 1 KiB a second or faster.",
            StatusCodes.Status413PayloadTooLarge =>
                $"The body is too large; send at most {MaxBodyOf(context)} bytes.",
            StatusCodes.Status415UnsupportedMediaType =>
                "The body is not marked as JSON in UTF-8; send 'Content-Type: application/json'.",
            _ => "The request or its body is incomplete or cannot be parsed; check and resend it.",
        });
    }

    private static long MaxBodyOf(HttpContext context) =>
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize ?? WebSetup.MaxBodyBytes;

    private Problem Explain(HttpContext context, Exception exception)
    {
        switch (exception)
        {
            case JsonBodyException json:
                LogRefused(json.Type.Status, json.Message);
                return Problem.Of(json.Type, json.Message, json.Field);
            case BadHttpRequestException bad:
                LogRefused(bad.StatusCode, bad.Message);
                return Explain(context, bad.StatusCode);
            case StoreUnavailableException unavailable:
                LogStoreUnavailable(
                    unavailable.Message, unavailable.InnerException?.Message ?? "no other error");
                return Problem.Of(ProblemType.StoreUnavailable, unavailable.Message);
            case OverloadException overload:
                LogOverload(overload.Message);
                return Problem.Of(ProblemType.Overloaded, overload.Message);
            case StartupException settings:
                // The start could not check the settings, because the database was unavailable.
                LogStoreUnavailable(settings.Message, "no other error");
                return Problem.Of(ProblemType.StoreUnavailable, settings.Message);
            case OperationCanceledException:
                return Problem.Of(ProblemType.Stopping, "The server is shutting down; retry shortly.");
            default:
                LogUnexpected(exception);
                return Problem.Of(
                    ProblemType.Unexpected, "An unexpected error occurred; please report this trace id.");
        }
    }

    [LoggerMessage(100, LogLevel.Error, "An unexpected error ended a request; please report it.")]
    private partial void LogUnexpected(Exception exception);

    [LoggerMessage(101, LogLevel.Warning, "A request was answered with status 503: {Reason} ({Cause})")]
    private partial void LogStoreUnavailable(string reason, string cause);

    [LoggerMessage(104, LogLevel.Debug, "A request was answered with status 503: {Reason}")]
    private partial void LogOverload(string reason);

    [LoggerMessage(102, LogLevel.Debug, "A request was refused with status {Status}: {Reason}")]
    private partial void LogRefused(int status, string reason);

    [LoggerMessage(103, LogLevel.Debug, "The client closed the connection during a request: {Reason}")]
    private partial void LogAborted(string reason);
}
