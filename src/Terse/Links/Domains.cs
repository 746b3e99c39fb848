using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace Terse.Links;

/// <summary>
/// The domains of this installation. A link is kept under its domain's key; the default domain's key is
/// empty, so its links stay when it is given another name, or another port on a laptop.
/// </summary>
internal sealed class Domains(IOptions<DomainOptions> options)
{
    public const string DefaultKey = "";

    private readonly string? _default = options.Value.Default?.ToLowerInvariant();

    /// <summary>The scheme of short URLs, or null where the request's is to be taken.</summary>
    public string? Scheme { get; } = options.Value.Scheme;

    private readonly HashSet<string> _others =
        options.Value.Others.ToHashSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Picks a request's domain by its <c>Host</c>: the default unless it names another.</summary>
    public string KeyOfHost(string host)
    {
        if (_others.Count == 0)
            return DefaultKey;
        return _others.TryGetValue(host, out var name) || _others.TryGetValue(WithoutPort(host), out name)
            ? name.ToLowerInvariant()
            : DefaultKey;
    }

    /// <summary>Picks the domain that a request names; where it names none, the one of its host.</summary>
    public bool TryPick(string? name, string host, [NotNullWhen(true)] out string? key)
    {
        key = name switch
        {
            null => KeyOfHost(host),
            _ when string.Equals(name, NameOf(DefaultKey, host), StringComparison.OrdinalIgnoreCase) =>
                DefaultKey,
            _ when _others.Contains(name) => name.ToLowerInvariant(),
            _ => null,
        };
        return key is not null;
    }

    /// <summary>The name that short URLs of a domain show.</summary>
    public string NameOf(string key, string host) => key.Length > 0 ? key : _default ?? host;

    /// <summary>Whether a target leads back here, which would make a redirect run in circles.</summary>
    public bool IsOurs(Target target, string host)
    {
        if (target.Authority is not { } authority)
            return false;
        return _others.Append(_default).Append(host).Any(ours =>
            ours is not null
            && Authority.TryParse(ours, out var own)
            && own.Host == authority.Host
            && own.PortFor(target.Scheme) == authority.PortFor(target.Scheme));
    }

    private static string WithoutPort(string host) => Authority.Split(host).Host.ToString();
}
