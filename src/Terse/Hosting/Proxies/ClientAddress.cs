using System.Net;

namespace Terse.Hosting;

/// <summary>
/// The one notion of a client's address, for countries, rules, limits and the audit. Without a trusted proxy
/// it is the address of the connection. Behind trusted proxies (<see cref="ProxyOptions"/>) it is the address
/// that the farthest trusted proxy names.
/// </summary>
internal static class ClientAddress
{
    /// <summary>
    /// Returns the address; null if it is unknown. An IPv4 address never has the form of an IPv6 address.
    /// </summary>
    public static IPAddress? Of(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress;
        return address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
    }
}
