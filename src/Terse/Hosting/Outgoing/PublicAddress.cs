using System.Net;
using System.Net.Sockets;

namespace Terse.Hosting;

/// <summary>
/// Decides whether an IP address belongs to the public internet. All other addresses can belong to the
/// server's own network, to which strangers must not make the server send requests (SSRF).
/// </summary>
internal static class PublicAddress
{
    /// <summary>
    /// The IPv4 networks of the IANA special-purpose registry that are not globally reachable, and multicast.
    /// </summary>
    private static readonly IPNetwork[] SpecialV4 =
    [
        IPNetwork.Parse("0.0.0.0/8"),
        IPNetwork.Parse("10.0.0.0/8"),
        IPNetwork.Parse("100.64.0.0/10"),
        IPNetwork.Parse("127.0.0.0/8"),
        IPNetwork.Parse("169.254.0.0/16"),
        IPNetwork.Parse("172.16.0.0/12"),
        IPNetwork.Parse("192.0.0.0/24"),
        IPNetwork.Parse("192.0.2.0/24"),
        IPNetwork.Parse("192.88.99.0/24"),
        IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("198.18.0.0/15"),
        IPNetwork.Parse("198.51.100.0/24"),
        IPNetwork.Parse("203.0.113.0/24"),
        IPNetwork.Parse("224.0.0.0/3"),
    ];

    private static readonly IPNetwork GlobalUnicastV6 = IPNetwork.Parse("2000::/3");

    /// <summary>
    /// The networks within <see cref="GlobalUnicastV6"/> that are not globally reachable, or that carry an
    /// IPv4 address: Teredo and others, documentation, and 6to4.
    /// </summary>
    private static readonly IPNetwork[] SpecialV6 =
    [
        IPNetwork.Parse("2001::/23"),
        IPNetwork.Parse("2001:db8::/32"),
        IPNetwork.Parse("2002::/16"),
        IPNetwork.Parse("3fff::/20"),
    ];

    /// <summary>
    /// Whether an address is public and its port is one of web servers. A public address can be that of the
    /// server itself, whose other ports may not be meant for strangers.
    /// </summary>
    public static bool IsPublicWebServer(IPEndPoint end) => end.Port is 80 or 443 && IsPublic(end.Address);

    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            return IsPublic(address.MapToIPv4());
        return address.AddressFamily switch
        {
            AddressFamily.InterNetwork => !SpecialV4.Any(network => network.Contains(address)),
            AddressFamily.InterNetworkV6 => GlobalUnicastV6.Contains(address)
                && !SpecialV6.Any(network => network.Contains(address)),
            _ => false,
        };
    }
}
