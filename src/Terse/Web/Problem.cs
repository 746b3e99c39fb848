using System.Text.Json.Serialization;

namespace Terse.Web;

/// <summary>The JSON body of an error response (RFC 9457, "problem details").</summary>
/// <param name="Type">The type of the error, a stable URI for programs.</param>
/// <param name="Title">The type in words, always the same for a type.</param>
/// <param name="Status">The status of the response.</param>
/// <param name="Detail">What is wrong in this request and what to do, for people.</param>
/// <param name="Field">
/// The wrong field of the body, parameter of the query, or header; null, and absent, if the error is about
/// none of them.
/// </param>
/// <param name="TraceId">The trace id of the log lines about the request, 32 hexadecimal digits.</param>
internal sealed record ProblemBody(
    string Type,
    string Title,
    int Status,
    string Detail,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Field,
    string TraceId);

/// <summary>
/// Writes an error as the response: an HTML page for a browser, JSON for every other client.
/// </summary>
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

    /// <summary>The status of the response.</summary>
    public int Status => _type.Status;

    public static Problem Of(ProblemType type, string detail, string? field = null) =>
        new(type, detail, field);

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = _type.Status;
        response.Headers.CacheControl = "no-store";
        if (_type.Status == StatusCodes.Status503ServiceUnavailable)
            response.Headers.RetryAfter = "1";

        var body = BodyFor(httpContext);
        if (IsBrowser(httpContext.Request))
            return Pages.WriteErrorAsync(response, body.Title, body.Detail, body.TraceId);
        return response.WriteAsJsonAsync(
            body,
            WebJson.Instance.ProblemBody,
            "application/problem+json",
            httpContext.RequestAborted);
    }

    /// <summary>Returns the JSON body, for a response that contains several results.</summary>
    public ProblemBody BodyFor(HttpContext context) => new(
        _type.Uri,
        _type.Title,
        _type.Status,
        _detail,
        _field,
        TraceIds.Of(context));

    /// <summary>
    /// Whether the client is a browser: the client accepts HTML, and the path does not belong to the API.
    /// </summary>
    public static bool IsBrowser(HttpRequest request) =>
        !ApiPath.Contains(request.Path)
        && request.Headers.Accept.Any(accept =>
            accept?.Contains("text/html", StringComparison.OrdinalIgnoreCase) == true);
}
