using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Terse.Domains;

/// <summary>The domains at one moment, indexed by their hosts. Immutable.</summary>
internal sealed record DomainTable
{
    private readonly Dictionary<Authority, Domain> _others = [];
    private readonly FrozenDictionary<string, Domain> _byName;

    /// <summary>
    /// Maps the usual spelling of each domain to its stored name, so that most requests need no parsing. Only
    /// the domains themselves add spellings. A cache of the spellings in requests could be filled or emptied
    /// by anybody who sends invented <c>Host</c> headers.
    /// </summary>
    private readonly FrozenDictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> _usualSpellings;

    /// <param name="domains">The domains, with or without the default domain.</param>
    public DomainTable(IReadOnlyList<Domain> domains)
    {
        _byName = domains.ToFrozenDictionary(domain => domain.Name, StringComparer.Ordinal);
        Default = _byName.GetValueOrDefault(DomainMap.Default)
            ?? new Domain(0, DomainMap.Default, DomainSettings.None) { IsActive = true };
        _ = Authority.TryParse(Default.Settings.Host, out var byDefault);
        DefaultHost = byDefault;
        LastId = domains.Max(domain => (long?)domain.Id) ?? 0;
        foreach (var domain in domains.Where(domain => !domain.IsDefault))
        {
            if (Authority.TryParse(domain.Name, out var host))
                _others[host] = domain;
        }

        var usual = _others.ToDictionary(
            other => other.Key.ToString(), other => other.Value.Name, StringComparer.OrdinalIgnoreCase);
        if (DefaultHost is not null)
            usual[DefaultHost.ToString()] = DomainMap.Default;
        _usualSpellings = usual.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase)
            .GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>
    /// When the domains were read from the primary, by the monotonic clock; null if they cannot become
    /// outdated, because no other server changes them.
    /// </summary>
    public long? ReadAt { get; init; }

    /// <summary>The id of the newest domain; 0 if the domains come from the settings.</summary>
    public long LastId { get; }

    /// <summary>The default domain.</summary>
    public Domain Default { get; }

    /// <summary>The host of the default domain; null if it has none.</summary>
    public Authority? DefaultHost { get; }

    /// <summary>All other domains.</summary>
    public IEnumerable<Domain> Others => _others.Values;

    /// <summary>The hosts of all other domains.</summary>
    public IEnumerable<Authority> OtherHosts => _others.Keys;

    /// <summary>Whether the default domain has or had a host.</summary>
    public bool IsOfDefault(Authority host) =>
        host == DefaultHost
        || Default.Settings.FormerHosts?.Split(' ').Contains(host.ToString(), StringComparer.Ordinal) == true;

    /// <summary>The domain with a stored name; null if there is none.</summary>
    public Domain? Get(string name) => name.Length == 0 ? Default : _byName.GetValueOrDefault(name);

    /// <summary>
    /// Whether a host is exactly that of a domain in the database. A domain that is added later cannot have
    /// the same host.
    /// </summary>
    public bool IsHostOfDomain(string host) =>
        _usualSpellings.TryGetValue(host, out var name) && Get(name) is { Id: not 0 };

    /// <inheritdoc cref="DomainMap.DomainOfHost"/>
    public string DomainOfHost(string host)
    {
        if (_others.Count == 0)
            return DomainMap.Default;
        if (_usualSpellings.TryGetValue(host, out var domain) || TryFindWithoutPort(host, out domain))
            return domain;
        return Authority.TryParse(host, out var authority) && Find(authority) is { } found
            ? found.Name
            : DomainMap.Default;
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
    /// Finds the domain with this host and port, or with this host and no port. Returns null if there is
    /// none.
    /// </summary>
    public Domain? Find(Authority authority)
    {
        if (authority == DefaultHost)
            return Default;
        if (_others.TryGetValue(authority, out var domain))
            return domain;
        return authority.Port is null ? null : Find(authority with { Port = null });
    }
}
