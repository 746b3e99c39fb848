using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace Terse.Domains;

/// <summary>
/// Finds the domains of this installation. Each stored link contains the name of its domain. The stored name
/// of the default domain is empty, so the default domain keeps its links when it gets a different host
/// (docs/decisions/0002-default-domain-without-a-name.md). Any thread may use the map while
/// <see cref="DomainLoader"/> replaces its contents.
/// </summary>
internal sealed class DomainMap
{
    /// <summary>The stored name of the default domain.</summary>
    public const string Default = "";

    private DomainTable _table;
    private string? _scheme;

    /// <summary>Creates a map of the domains in the settings, which the database replaces.</summary>
    public DomainMap(IOptions<DomainOptions> options)
    {
        _scheme = options.Value.Scheme;
        _table = new(options.Value.ToDomains());
    }

    /// <summary>All domains at this moment.</summary>
    public DomainTable Table
    {
        get => Volatile.Read(ref _table);
        set => Volatile.Write(ref _table, value);
    }

    /// <summary>The stored names of all domains.</summary>
    public IEnumerable<string> All => [Default, .. Table.Others.Select(domain => domain.Name)];

    /// <summary>The scheme of short URLs; null if short URLs use the scheme of the request.</summary>
    public string? Scheme
    {
        get => Volatile.Read(ref _scheme);
        set => Volatile.Write(ref _scheme, value);
    }

    /// <summary>
    /// Returns the stored name of the domain that a <c>Host</c> header names. An unknown host belongs to the
    /// default domain.
    /// </summary>
    public string DomainOfHost(string host) => Table.DomainOfHost(host);

    /// <summary>
    /// Finds the domain of a host, and whether the answer is final. If the lease has ended, an unknown host
    /// may belong to a domain that another server has added since the domains were read.
    /// </summary>
    public (string Domain, bool IsFinal) FindDomainOfHost(string host, TimeProvider time)
    {
        var table = Table;
        var isFinal = table.IsHostOfDomain(host)
            || table.ReadAt is not { } readAt
            || time.GetElapsedTime(readAt) < DomainLoader.LeaseDuration;
        return (table.DomainOfHost(host), isFinal);
    }

    /// <summary>Returns the settings of a domain.</summary>
    /// <param name="domain">The stored name of the domain.</param>
    public DomainSettings SettingsOf(string domain) => Table.Get(domain)?.Settings ?? DomainSettings.None;

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
        var table = Table;
        domain = name is null ? table.DomainOfHost(host) : null;
        if (!Authority.TryParse(name, out var named))
            return domain is not null;

        domain = table.Find(named)?.Name;
        if (domain is null
            && table.DefaultHost is null
            && Authority.TryParse(host, out var sent)
            && named == sent)
        {
            domain = Default;
        }

        return domain is not null;
    }

    /// <summary>
    /// Returns the stored name of a domain that a client names, such as <c>go.example.com</c>, or
    /// <c>default</c> for the default domain; null if there is none.
    /// </summary>
    public string? StoredNameOf(string? name) =>
        name == DomainName.DefaultSegment ? Default
        : Authority.TryParse(name, out var host) && Table.Find(host) is { RemovedAt: null } found
            ? found.Name
        : null;

    /// <summary>Returns the name that short URLs and the API show for a domain.</summary>
    /// <param name="domain">The stored name of the domain.</param>
    /// <param name="host">The host and port that the request was sent to.</param>
    public string DisplayNameOf(string domain, string host) =>
        domain.Length > 0 ? domain : Table.DefaultHost?.ToString() ?? host;

    /// <summary>
    /// Whether a URL leads to this installation. A short URL with such a target would redirect in a loop.
    /// </summary>
    /// <param name="authority">The host and port of the URL.</param>
    /// <param name="scheme">The scheme of the URL, in lower case.</param>
    /// <param name="ownNames">The names and addresses under which the request reached this server.</param>
    public bool LeadsHere(Authority authority, string scheme, params ReadOnlySpan<string> ownNames)
    {
        var table = Table;
        if (table.DefaultHost?.IsSameServer(authority, scheme) == true)
            return true;
        if (table.OtherHosts.Any(other => other.IsSameServer(authority, scheme)))
            return true;
        foreach (var name in ownNames)
        {
            if (Authority.TryParse(name, out var own) && own.IsSameServer(authority, scheme))
                return true;
        }

        return false;
    }
}
