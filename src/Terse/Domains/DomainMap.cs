using System.Collections.Frozen;
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

    private readonly Authority? _default;
    private readonly Dictionary<Authority, string> _others = [];

    /// <summary>
    /// Maps the usual spelling of each domain to its stored name, so that most requests need no parsing. Only
    /// the settings add spellings. A cache of the spellings in requests could be filled or emptied by anybody
    /// who sends invented <c>Host</c> headers.
    /// </summary>
    private readonly FrozenDictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> _usualSpellings;

    public DomainMap(IOptions<DomainOptions> options)
    {
        Scheme = options.Value.Scheme;
        _ = Authority.TryParse(options.Value.Default, out _default);
        foreach (var name in options.Value.Others)
        {
            if (Authority.TryParse(name, out var other))
                _others.Add(other, other.ToString());
        }

        var usual = _others.ToDictionary(
            other => other.Key.ToString(), other => other.Value, StringComparer.OrdinalIgnoreCase);
        if (_default is not null)
            usual[_default.ToString()] = Default;
        _usualSpellings = usual.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase)
            .GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The stored names of all domains.</summary>
    public IEnumerable<string> All => [Default, .. _others.Values];

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
        if (_usualSpellings.TryGetValue(host, out var domain) || TryFindWithoutPort(host, out domain))
            return domain;
        return Authority.TryParse(host, out var authority) && Find(authority) is { } found ? found : Default;
    }

    /// <summary>
    /// Finds the domain of a usual spelling that a valid port follows. A domain with this port has a usual
    /// spelling of its own, for which the caller has already searched.
    /// </summary>
    private bool TryFindWithoutPort(ReadOnlySpan<char> host, [NotNullWhen(true)] out string? domain)
    {
        domain = null;
        var colon = host.LastIndexOf(':');
        return colon > 0
            && Authority.TryParsePort(host[(colon + 1)..], out _)
            && host[colon + 1] != '0' // The port 0080 is the port 80, which may have a domain of its own.
            && _usualSpellings.TryGetValue(host[..colon], out domain);
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
