using System.Collections.Frozen;

namespace Terse.Hosting;

/// <summary>
/// Finds out whether a request shows signs of a proxy. A request without them may still come from a proxy,
/// because plain proxies of TCP connections add nothing.
/// </summary>
internal static class ForwardingHeaders
{
    public const string ForwardedFor = "X-Forwarded-For";
    public const string ForwardedProto = "X-Forwarded-Proto";
    public const string ForwardedHost = "X-Forwarded-Host";
    public const string ForwardedPrefix = "X-Forwarded-Prefix";

    /// <summary>
    /// All headers with these prefixes count. <see cref="ForwardedRequests"/> renames headers that it has
    /// read to <c>X-Original-…</c>.
    /// </summary>
    private static readonly string[] Prefixes =
        ["X-Forwarded", "X-Original-", "X-Arr-", "CF-", "X-Envoy-", "X-Amz-Cf-", "Ngrok-", "Tailscale-"];

    private static readonly FrozenSet<string> Names = FrozenSet.ToFrozenSet<string>(
        [
            "Forwarded", "Via", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP", "X-ProxyUser-Ip",
            "True-Client-IP", "Fastly-Client-IP", "Fly-Client-IP", "X-Azure-ClientIP", "X-Azure-FDID",
            "X-Appengine-User-IP", "X-Amzn-Trace-Id", "X-Cloud-Trace-Context", "CDN-Loop",
            "Proxy-Connection", "X-Original-URL", "X-Rewrite-URL", "Client-IP", "X-HTTP-Forwarded-For",
            "Max-Forwards",
        ],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Whether a proxy forwarded the request, or the client pretends so: the request has a header that
    /// proxies add, or the connection began with the PROXY protocol.
    /// </summary>
    public static bool ArePresent(HttpRequest request)
    {
        foreach (var header in request.Headers)
        {
            if (IsForwarding(header.Key))
                return true;
        }

        return request.HttpContext.Features.Get<ProxiedConnection>() is not null;
    }

    private static bool IsForwarding(string name) =>
        Names.Contains(name)
        || Array.Exists(Prefixes, prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
}

/// <summary>Marks a connection that began with the PROXY protocol.</summary>
internal sealed class ProxiedConnection
{
    public static readonly ProxiedConnection Instance = new();
}
