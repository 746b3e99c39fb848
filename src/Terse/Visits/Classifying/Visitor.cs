using Microsoft.Extensions.Primitives;

namespace Terse.Visits;

/// <summary>
/// Decides from the method and the headers of a request whether a person follows a link. A person's visit is
/// a GET request whose user agent is not empty and not that of a known program, and which a browser does not
/// send in advance.
/// </summary>
internal static class Visitor
{
    private const string SecPurpose = "Sec-Purpose";
    private const string Purpose = "Purpose";

    /// <summary>The maximum number of characters of a user agent that are classified.</summary>
    private const int MaxAgentLength = 512;

    private static readonly AgentCache<bool> Programs = new(UserAgent.IsProgram);
    private static readonly AgentCache<UserAgent> Agents = new(UserAgent.Read);

    /// <summary>
    /// Whether a browser sends the request in advance, because a person may follow the link soon: a prefetch
    /// or a prerender (the header <c>Sec-Purpose</c> of the Fetch Standard; some browsers send
    /// <c>Purpose</c>).
    /// </summary>
    public static bool IsPrefetch(HttpRequest request) =>
        IsPrefetch(request.Headers[SecPurpose]) || IsPrefetch(request.Headers[Purpose]);

    /// <summary>
    /// Whether the request can only serve to show a preview of the link: a HEAD request, an empty user agent,
    /// or the user agent of a link-preview robot.
    /// </summary>
    public static bool IsLinkPreview(HttpRequest request)
    {
        var userAgent = AgentOf(request);
        return HttpMethods.IsHead(request.Method)
            || userAgent.IsWhiteSpace()
            || LinkPreviewRobots.Has(userAgent);
    }

    /// <summary>
    /// Whether the request shows without its user agent that no person follows the link. The user agents of
    /// programs are found later, by <see cref="VisitClassifier"/>, because the search takes too long for a
    /// redirect.
    /// </summary>
    public static bool IsBotByRequest(HttpRequest request) =>
        !HttpMethods.IsGet(request.Method) || IsPrefetch(request);

    /// <summary>
    /// Whether the user agent is empty or that of a known program. The result for a repeated user agent comes
    /// from a cache, without a search and without an allocation.
    /// </summary>
    public static bool IsProgram(ReadOnlySpan<char> userAgent) => Programs.Read(userAgent);

    /// <summary>
    /// Finds the browser, the operating system and the type of the device. The result for a repeated user
    /// agent comes from a cache. The rest of a very long user agent is ignored, so that its search takes no
    /// longer.
    /// </summary>
    public static UserAgent Classify(ReadOnlySpan<char> userAgent) =>
        Agents.Read(userAgent[..Math.Min(userAgent.Length, MaxAgentLength)]);

    /// <summary>The <c>User-Agent</c> header; empty if the request does not contain the header.</summary>
    public static ReadOnlySpan<char> AgentOf(HttpRequest request) =>
        request.Headers.UserAgent is { Count: > 0 } header ? header[0].AsSpan() : [];

    private static bool IsPrefetch(StringValues header)
    {
        if (header.Count == 0)
            return false;
        var purpose = header[0].AsSpan();
        return purpose.Contains("prefetch", StringComparison.OrdinalIgnoreCase)
            || purpose.Contains("prerender", StringComparison.OrdinalIgnoreCase)
            || purpose.Contains("preview", StringComparison.OrdinalIgnoreCase);
    }
}
