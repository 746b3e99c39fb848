using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;
using Terse.Links;

namespace Terse.Domains;

/// <summary>
/// The domains of this installation. A link is kept under its domain's key; the default domain's key is
/// empty, so its links stay when it is given another name, or another port on a laptop.
/// </summary>
internal sealed class DomainMap
{
    public const string Default = "";

    /// <summary>Spellings of hosts whose domain is kept; whoever sends more of them waits a little.</summary>
    private const int MaxHostsKept = 1000;

    private readonly Authority? _default;
    private readonly Dictionary<Authority, string> _others = [];
    private readonly ConcurrentDictionary<string, string> _keysOfHosts = new(StringComparer.Ordinal);
    private int _hostsKept;

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

    /// <summary>The scheme of short URLs, or null where the request's is to be taken.</summary>
    public string? Scheme { get; }

    /// <summary>Picks a request's domain by its <c>Host</c>: the default unless it names another.</summary>
    public string DomainOfHost(string host)
    {
        if (_others.Count == 0)
            return Default;
        if (_keysOfHosts.TryGetValue(host, out var kept))
            return kept;
        if (!Authority.TryParse(host, out var authority) || Find(authority) is not { } key)
            return Default;
        if (Interlocked.Increment(ref _hostsKept) <= MaxHostsKept)
            _keysOfHosts.TryAdd(host, key);
        return key;
    }

    /// <summary>Picks the domain that a request names; where it names none, the one of its host.</summary>
    public bool TryPick(string? name, string host, [NotNullWhen(true)] out string? key)
    {
        key = name is null ? DomainOfHost(host) : null;
        if (!Authority.TryParse(name, out var named))
            return key is not null;

        key = Find(named);
        if (key is null && _default is null && Authority.TryParse(host, out var asked) && named == asked)
            key = Default;
        return key is not null;
    }

    /// <summary>The name that short URLs of a domain show.</summary>
    public string NameOf(string key, string host) => key.Length > 0 ? key : _default?.ToString() ?? host;

    /// <summary>Whether a target leads back here, which would make a redirect run in circles.</summary>
    /// <param name="target">Where a link is to lead.</param>
    /// <param name="here">The names under which the request reached this server.</param>
    public bool IsOurs(Target target, params ReadOnlySpan<string> here)
    {
        if (target.Authority is not { } there)
            return false;
        if (_default?.IsSamePlace(there, target.Scheme) == true)
            return true;
        if (_others.Keys.Any(other => other.IsSamePlace(there, target.Scheme)))
            return true;
        foreach (var name in here)
        {
            if (Authority.TryParse(name, out var own) && own.IsSamePlace(there, target.Scheme))
                return true;
        }

        return false;
    }

    /// <summary>A name with its port counts before the name alone, the default before the others.</summary>
    private string? Find(Authority authority)
    {
        foreach (var name in new[] { authority, authority with { Port = null } })
        {
            if (name == _default)
                return Default;
            if (_others.TryGetValue(name, out var key))
                return key;
        }

        return null;
    }
}
