using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace Terse.Domains;

/// <summary>
/// Contains the domains of this installation. Each stored link contains the name of its domain. The stored
/// name of the default domain is empty, so the default domain keeps its links when the operator gives it a
/// different name or port (docs/decisions/0002-default-domain-without-a-name.md).
/// </summary>
internal sealed class DomainMap
{
    /// <summary>The stored name of the default domain.</summary>
    public const string Default = "";

    /// <summary>
    /// How many spellings of hosts the map caches at most. A spelling that is not cached is parsed on every
    /// request.
    /// </summary>
    private const int MaxCachedHosts = 1000;

    private readonly Authority? _default;
    private readonly Dictionary<Authority, string> _others = [];
    private readonly ConcurrentDictionary<string, string> _domainsOfHosts = new(StringComparer.Ordinal);
    private int _cachedHosts;

    public DomainMap(IOptions<DomainOptions> options)
    {
        Scheme = options.Value.Scheme;
        _ = Authority.TryParse(options.Value.Default, out _default);
        foreach (var name in options.Value.Others)
        {
            if (Authority.TryParse(name, out var other))
                _others.Add(other, other.ToString());
        }
    }

    /// <summary>The scheme of short URLs; null if short URLs use the scheme of the request.</summary>
    public string? Scheme { get; }

    /// <summary>
    /// Returns the stored name of the domain that a <c>Host</c> header names. An unknown host belongs to the
    /// default domain.
    /// </summary>
    public string DomainOfHost(string host)
    {
        if (_others.Count == 0)
            return Default;
        if (_domainsOfHosts.TryGetValue(host, out var cached))
            return cached;
        if (!Authority.TryParse(host, out var authority) || Find(authority) is not { } domain)
            return Default;
        if (Interlocked.Increment(ref _cachedHosts) <= MaxCachedHosts)
            _domainsOfHosts.TryAdd(host, domain);
        return domain;
    }

    /// <summary>
    /// Picks the domain that the request names. If the request names no domain, picks the domain of the host
    /// that the request was sent to.
    /// </summary>
    /// <param name="name">
    /// The name in the request, such as <c>go.example.com</c>; null if the request names no domain.
    /// </param>
    /// <param name="host">The host and port that the request was sent to.</param>
    /// <param name="domain">
    /// The stored name of the domain that was picked; null if the domain is unknown.
    /// </param>
    public bool TryPick(string? name, string host, [NotNullWhen(true)] out string? domain)
    {
        domain = name is null ? DomainOfHost(host) : null;
        if (!Authority.TryParse(name, out var named))
            return domain is not null;

        domain = Find(named);
        if (domain is null && _default is null && Authority.TryParse(host, out var sent) && named == sent)
            domain = Default;
        return domain is not null;
    }

    /// <summary>Returns the name that short URLs and the API show for a domain.</summary>
    /// <param name="domain">The stored name of the domain.</param>
    /// <param name="host">The host and port that the request was sent to.</param>
    public string DisplayNameOf(string domain, string host) =>
        domain.Length > 0 ? domain : _default?.ToString() ?? host;

    /// <summary>
    /// Whether a URL leads to this installation. A short URL with such a target would redirect in a loop.
    /// </summary>
    /// <param name="authority">The host and port of the URL.</param>
    /// <param name="scheme">The scheme of the URL, in lower case.</param>
    /// <param name="ownNames">The names and addresses under which the request reached this server.</param>
    public bool LeadsHere(Authority authority, string scheme, params ReadOnlySpan<string> ownNames)
    {
        if (_default?.IsSameServer(authority, scheme) == true)
            return true;
        if (_others.Keys.Any(other => other.IsSameServer(authority, scheme)))
            return true;
        foreach (var name in ownNames)
        {
            if (Authority.TryParse(name, out var own) && own.IsSameServer(authority, scheme))
                return true;
        }

        return false;
    }

    /// <summary>
    /// Finds the domain for an authority. A domain with the port of the authority takes precedence over a
    /// domain without a port. If the default domain and a different domain match equally well, the default
    /// domain takes precedence.
    /// </summary>
    private string? Find(Authority authority)
    {
        foreach (var name in new[] { authority, authority with { Port = null } })
        {
            if (name == _default)
                return Default;
            if (_others.TryGetValue(name, out var domain))
                return domain;
        }

        return null;
    }
}
