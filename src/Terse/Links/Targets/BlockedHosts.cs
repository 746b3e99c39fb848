using System.Net;
using Microsoft.Extensions.Options;
using Terse.Domains;

namespace Terse.Links;

/// <summary>
/// Contains the hosts that no link may lead to. All their subdomains are blocked too. Hosts are compared in
/// canonical spelling, so a different spelling of a blocked host is also blocked.
/// </summary>
internal sealed class BlockedHosts(IOptions<LinkOptions> options)
{
    private readonly HashSet<string> _hosts =
        [.. options.Value.BlockedHosts.Select(HostOf).OfType<string>()];

    /// <summary>Whether a target leads to a blocked host or to one of its subdomains.</summary>
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

    /// <summary>
    /// Converts an entry of <see cref="LinkOptions.BlockedHosts"/> to its canonical spelling. Returns null if
    /// the text is not a host.
    /// </summary>
    public static string? HostOf(string text) =>
        Authority.TryParse(text, out var authority) && authority.Port is null && !text.Contains('@')
            ? Unmap(authority.Host)
            : null;

    /// <summary>
    /// Converts an IPv4-mapped IPv6 address to the IPv4 address, because both address the same host.
    /// </summary>
    private static string Unmap(string host) =>
        host[0] == '[' && IPAddress.TryParse(host, out var ip) && ip.IsIPv4MappedToIPv6
            ? ip.MapToIPv4().ToString()
            : host;
}
