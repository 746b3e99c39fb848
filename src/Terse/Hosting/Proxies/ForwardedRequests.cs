using System.Buffers;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Terse.Hosting;

/// <summary>
/// Gives a request from a trusted proxy the address, the scheme, the host and the path prefix that the client
/// used. ASP.NET Core's <see cref="ForwardedHeadersMiddleware"/> reads the headers from the nearest proxy to
/// the client, until an address is not that of a trusted proxy or <see cref="ProxyOptions.Hops"/> is reached.
/// What it cannot read leaves the request as the nearest readable proxy sent it. This class adds what the
/// middleware lacks: <c>Forwarded</c>, which becomes <c>X-Forwarded-…</c>, and a check of the scheme, the
/// host and the prefix. The middleware must run before all others, and only if there are trusted proxies.
/// </summary>
internal sealed class ForwardedRequests
{
    private const int MaxPrefixLength = 200;

    /// <summary>
    /// Stands for what a proxy does not tell, because the middleware drops empty elements. It is no valid
    /// scheme or host.
    /// </summary>
    private const string Missing = "?";

    private static readonly SearchValues<char> PrefixCharacters = SearchValues.Create(
        "-./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~");

    private readonly RequestDelegate _next;
    private readonly TrustedProxies _trusted;
    private readonly ProxyOptions _options;
    private readonly ForwardedHeadersMiddleware _middleware;

    public ForwardedRequests(
        RequestDelegate next, TrustedProxies trusted, ProxyOptions options, ILoggerFactory loggers)
    {
        _next = next;
        _trusted = trusted;
        _options = options;
        var forwarding = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto
                | ForwardedHeaders.XForwardedHost | ForwardedHeaders.XForwardedPrefix,
            ForwardLimit = options.Hops,
        };
        forwarding.KnownProxies.Clear();
        forwarding.KnownIPNetworks.Clear();
        foreach (var network in trusted.Networks)
            forwarding.KnownIPNetworks.Add(network);
        _middleware = new(next, loggers, Options.Create(forwarding));
    }

    public Task InvokeAsync(HttpContext context)
    {
        if (_trusted.Contains(context.Connection.RemoteIpAddress))
            Apply(context.Request);
        return _next(context);
    }

    private void Apply(HttpRequest request)
    {
        if (_options.Headers == ProxyOptions.Forwarded)
            Translate(request.HttpContext);
        KeepPercentSigns(request.Headers);
        DropWrongHosts(request.Headers);
        var scheme = request.Scheme;
        _middleware.ApplyForwarders(request.HttpContext);
        var forwarded = request.Scheme.ToLowerInvariant();
        request.Scheme = forwarded is "http" or "https" ? forwarded : scheme;
        if (request.PathBase.HasValue)
            TakePrefix(request);
    }

    /// <summary>
    /// Replaces <c>X-Forwarded-…</c> by the elements of <c>Forwarded</c>. An element without an address is
    /// the last one that counts, because it does not tell whether the element before it comes from a trusted
    /// proxy.
    /// </summary>
    private void Translate(HttpContext context)
    {
        var headers = context.Request.Headers;
        var elements = ForwardedHeader.ReadLast(headers["Forwarded"], _options.Hops);
        var address = context.Connection.RemoteIpAddress;
        for (var index = elements.Count - 1; index >= 0; index--)
        {
            if (elements[index].For is { } known)
            {
                address = known;
                continue;
            }

            elements = elements[index..];
            elements[0] = elements[0] with { For = address };
            break;
        }

        headers[ForwardingHeaders.ForwardedFor] = Of(elements, element => element.For!.ToString());
        headers[ForwardingHeaders.ForwardedProto] = Of(elements, element => element.Proto);
        headers[ForwardingHeaders.ForwardedHost] = Of(elements, element => element.Host);
        headers.Remove(ForwardingHeaders.ForwardedPrefix);
    }

    /// <summary>
    /// Encodes the percent signs of prefixes, because the middleware decodes prefixes, and throws an
    /// exception for <c>%00</c>. A prefix with a percent sign is refused afterwards (<see cref="IsPrefix"/>).
    /// </summary>
    private static void KeepPercentSigns(IHeaderDictionary headers)
    {
        var prefixes = headers[ForwardingHeaders.ForwardedPrefix];
        if (prefixes.Any(prefix => prefix?.Contains('%', StringComparison.Ordinal) == true))
        {
            headers[ForwardingHeaders.ForwardedPrefix] = new(
                [.. prefixes.Select(prefix => prefix?.Replace("%", "%25", StringComparison.Ordinal))]);
        }
    }

    /// <summary>
    /// Replaces the hosts that cannot be converted to Unicode and back, because the middleware converts them,
    /// and throws an exception for a label that is empty, too long, or not valid Punycode.
    /// </summary>
    private void DropWrongHosts(IHeaderDictionary headers)
    {
        var hosts = headers.GetCommaSeparatedValues(ForwardingHeaders.ForwardedHost);
        if (hosts.Length == 0)
            return;
        headers[ForwardingHeaders.ForwardedHost] = new(
            [.. hosts.TakeLast(_options.Hops).Select(host => IsConvertible(host) ? host : Missing)]);
    }

    private static bool IsConvertible(string host)
    {
        if (host.AsSpan().ContainsAny(',', '"'))
            return false;
        try
        {
#pragma warning disable CA2234 // A host is no URI; the middleware converts it with this overload.
            HostString.FromUriComponent(host).ToUriComponent();
#pragma warning restore CA2234
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static StringValues Of(
        List<ForwardedElement> elements, Func<ForwardedElement, string?> value) =>
        new([.. elements.Select(element => value(element) ?? Missing)]);

    /// <summary>
    /// Checks the path prefix, under which the proxy publishes this server. If the proxy has left the prefix
    /// in the path, removes it, so that the rest of the program sees paths without a prefix.
    /// </summary>
    private static void TakePrefix(HttpRequest request)
    {
        var prefix = request.PathBase.Value!.TrimEnd('/');
        request.PathBase = IsPrefix(prefix) ? new PathString(prefix) : default;
        var feature = request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>();
        if (request.PathBase.HasValue
            && HasPrefix(request.Path.Value!, prefix)
            && HasPrefix(feature.RawTarget, prefix))
        {
            request.Path = new PathString(request.Path.Value![prefix.Length..]);
            feature.RawTarget = feature.RawTarget[prefix.Length..];
        }
    }

    private static bool IsPrefix(string text) =>
        text.Length <= MaxPrefixLength
        && !text.AsSpan().ContainsAnyExcept(PrefixCharacters)
        && !text.Split('/').Skip(1).Any(segment => segment is "" or "." or "..");

    /// <summary>
    /// Whether a path begins with a prefix and continues. The prefix alone is a code, since a proxy that
    /// leaves the prefix in the path is rare.
    /// </summary>
    private static bool HasPrefix(string path, string prefix) =>
        path.Length > prefix.Length + 1
        && path[prefix.Length] == '/'
        && path.StartsWith(prefix, StringComparison.Ordinal);
}
