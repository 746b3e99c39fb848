using System.Net;
using Terse.Domains;
using Terse.Hosting;

namespace Terse.Access;

/// <summary>
/// Tells whether a request comes from a program on the same machine, and from nobody whom that program
/// serves. A wrong "yes" would let strangers use the API without a key, so each doubt is a "no". A proxy on
/// the same machine that adds no header cannot be recognized in all cases, so the setting
/// <see cref="AccessOptions.Anonymous"/> is not for servers behind a proxy.
/// </summary>
internal static class LocalRequest
{
    public static bool Is(HttpContext context)
    {
        var request = context.Request;
        return context.Connection.RemoteIpAddress is { } address
            && IPAddress.IsLoopback(address)
            && IsLoopback(request.Headers.Host)
            && !HttpProtocol.IsHttp10(request.Protocol) // nginx before 1.29.7, which adds no header
            && !ForwardingHeaders.ArePresent(request)
            && !ComesFromOtherSite(request);
    }

    /// <summary>
    /// Whether a host is a name of this machine. With DNS rebinding, a page of another site reaches this
    /// server from a browser on the same machine, but the browser sends the host of the page.
    /// </summary>
    private static bool IsLoopback(string? host) =>
        Authority.TryParse(host, out var authority)
        && (authority.Host == "localhost"
            || authority.Host.EndsWith(".localhost", StringComparison.Ordinal)
            || (IPAddress.TryParse(authority.Host.Trim('[', ']'), out var address)
                && IPAddress.IsLoopback(address)));

    /// <summary>
    /// Whether a browser sends the request for a page of another origin. Browsers send such requests without
    /// asking the server first if they look like those of a form.
    /// </summary>
    private static bool ComesFromOtherSite(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"];
        if (site.Count > 0 && site is not ["same-origin"] and not ["none"])
            return true;
        var origin = request.Headers.Origin;
        return origin.Count > 0 && origin != $"{request.Scheme}://{request.Headers.Host}";
    }
}
