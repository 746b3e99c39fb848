using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.Options;

namespace Terse.Web;

/// <summary>
/// Where the API and its documentation are: everywhere, or on a host or on a port of their own (<see
/// cref="WebOptions.Host"/>). A host separates names, not clients: everybody can send any <c>Host</c> header.
/// A port can be closed by a firewall.
/// </summary>
internal sealed class WebHost
{
    private static readonly string[] Paths = ["/api", "/openapi", "/docs"];

    private readonly HostString? _host;

    public WebHost(IOptions<WebOptions> options)
    {
        if (TryParse(options.Value.Host, out var host))
            _host = host;
    }

    /// <summary>Whether the API has a host or a port of its own.</summary>
    public bool IsSeparate => _host is not null;

    /// <summary>Reads <c>HOST</c>, <c>HOST:PORT</c> or <c>*:PORT</c>.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out HostString? host)
    {
        host = null;
        if (string.IsNullOrEmpty(text) || text.AsSpan().IndexOfAny("/@ ?#") >= 0)
            return false;
        var read = new HostString(text);
        var hasPort = text.EndsWith(
            string.Create(CultureInfo.InvariantCulture, $":{read.Port}"), StringComparison.Ordinal);
        var isHost = read.Host == "*"
            ? read.Port is > 0
            : Uri.CheckHostName(read.Host.Trim('[', ']')) != UriHostNameType.Unknown;
        if (isHost && (read.Port is null ? read.Value == read.Host : hasPort))
            host = read;
        return host is not null;
    }

    /// <summary>Whether a path belongs to the API or to its documentation.</summary>
    public static bool IsWebPath(PathString path) =>
        Array.Exists(Paths, prefix => path.StartsWithSegments(prefix, StringComparison.OrdinalIgnoreCase));

    /// <summary>The port of a request whose <c>Host</c> header names none.</summary>
    private static int UsualPortOf(HttpRequest request) => request.IsHttps ? 443 : 80;

    /// <summary>Whether a request was sent to where the API is.</summary>
    public bool Accepts(HttpContext context)
    {
        if (_host is not { } own)
            return true;
        if (own.Host == "*")
            return context.Connection.LocalPort == own.Port;
        var sent = context.Request.Host;
        return sent.Host.TrimEnd('.').Equals(own.Host, StringComparison.OrdinalIgnoreCase)
            && (own.Port is null || own.Port == (sent.Port ?? UsualPortOf(context.Request)));
    }
}
