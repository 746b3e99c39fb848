using System.Net;
using Microsoft.Extensions.Options;
using Terse.Domains;

namespace Terse.Links;

/// <summary>
/// The hosts that no link may lead to, with all their subdomains. Hosts are compared as browsers read them,
/// so no other spelling of one gets past.
/// </summary>
internal sealed class BlockedHosts(IOptions<LinkOptions> options)
{
    private readonly HashSet<string> _hosts =
        [.. options.Value.BlockedHosts.Select(HostOf).OfType<string>()];

    /// <summary>Whether a target that was accepted once is of a host that is blocked by now.</summary>
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

    /// <summary>The one spelling of a host as it is written in the settings, or null for none.</summary>
    public static string? HostOf(string text) =>
        Authority.TryParse(text, out var authority) && authority.Port is null && !text.Contains('@')
            ? Unmap(authority.Host)
            : null;

    /// <summary>An IPv4 address that is written as one of IPv6 is the same place.</summary>
    private static string Unmap(string host) =>
        host[0] == '[' && IPAddress.TryParse(host, out var ip) && ip.IsIPv4MappedToIPv6
            ? ip.MapToIPv4().ToString()
            : host;
}
