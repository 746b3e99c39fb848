using System.Diagnostics;
using Terse.Links;

namespace Terse.Web;

/// <summary>What programs get (RFC 9457).</summary>
internal sealed record ProblemBody(
    string Type, string Title, int Status, string Detail, string? Field, string TraceId);

/// <summary>An answer that is an error: a small page for a person's browser, JSON for a program.</summary>
internal sealed class Problem : IResult
{
    private readonly ProblemType _type;
    private readonly string _detail;
    private readonly string? _field;

    private Problem(ProblemType type, string detail, string? field)
    {
        _type = type;
        _detail = detail;
        _field = field;
    }

    public static Problem Of(ProblemType type, string detail, string? field = null) =>
        new(type, detail, field);

    public static Problem Of(Refusal refusal) =>
        new(ProblemType.Of(refusal.Kind), refusal.Detail, refusal.Field);

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = _type.Status;
        response.Headers.CacheControl = "no-store";
        if (_type.Status == StatusCodes.Status503ServiceUnavailable)
            response.Headers.RetryAfter = "1";

        var traceId = Activity.Current?.TraceId.ToHexString() ?? httpContext.TraceIdentifier;
        if (IsBrowser(httpContext.Request))
            return Pages.WriteErrorAsync(response, _type.Title, _detail, traceId);
        return response.WriteAsJsonAsync(
            new ProblemBody(_type.Uri, _type.Title, _type.Status, _detail, _field, traceId),
            TerseJson.Context.ProblemBody,
            "application/problem+json",
            httpContext.RequestAborted);
    }

    /// <summary>Whether a person asks, for whom there is a page, and not a program.</summary>
    public static bool IsBrowser(HttpRequest request) =>
        !request.Path.StartsWithSegments("/api", StringComparison.Ordinal)
        && request.Headers.Accept.Any(accept =>
            accept?.Contains("text/html", StringComparison.OrdinalIgnoreCase) == true);
}
