using System.Net;
using Microsoft.Extensions.Options;
using Terse.Domains;

namespace Terse.Links;

/// <summary>
/// The hosts that no link may lead to, with all their subdomains. Canonical hosts are compared, so every
/// spelling of a blocked host is blocked.
/// </summary>
internal sealed class BlockedHosts(IOptions<LinkOptions> options)
{
    private readonly HashSet<string> _hosts =
        [.. options.Value.BlockedHosts.Select(HostOf).OfType<string>()];

    /// <summary>Whether the host of a stored target is blocked now.</summary>
    public bool IsBlocked(string target) => _hosts.Count > 0 && IsBlocked(Target.AuthorityOf(target));

    /// <inheritdoc cref="IsBlocked(string)"/>
    public bool IsBlocked(Authority? authority)
    {
        if (_hosts.Count == 0 || authority is null)
            return false;
        var host = Unmap(authority.Host);
        while (!_hosts.Contains(host))
        {
            var dot = host.IndexOf('.', StringComparison.Ordinal);
            if (dot < 0)
                return false;
            host = host[(dot + 1)..];
        }

        return true;
    }

    /// <summary>The canonical host of a setting; null if the text is not a host.</summary>
    public static string? HostOf(string text) =>
        Authority.TryParse(text, out var authority) && authority.Port is null && !text.Contains('@')
            ? Unmap(authority.Host)
            : null;

    /// <summary>Converts an IPv4-mapped IPv6 address to the IPv4 address, which is the same host.</summary>
    private static string Unmap(string host) =>
        host[0] == '[' && IPAddress.TryParse(host, out var ip) && ip.IsIPv4MappedToIPv6
            ? ip.MapToIPv4().ToString()
            : host;
}
