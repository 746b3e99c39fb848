using System.Net;

namespace Terse.Domains;

/// <summary>Under which names a request reached this server.</summary>
internal static class RequestHost
{
    /// <summary>
    /// The <c>Host</c> as it was sent; where it names no host, the address at which the request came in, so
    /// that a short URL always leads somewhere.
    /// </summary>
    public static string Of(HttpContext context)
    {
        var sent = Sent(context);
        return Authority.TryParse(sent, out _) ? sent : AddressOf(context);
    }

    /// <summary>The header itself, which may be empty or nonsense.</summary>
    public static string Sent(HttpContext context) => context.Request.Headers.Host.ToString();

    /// <summary>The address and the port at which the request came in.</summary>
    public static string AddressOf(HttpContext context)
    {
        var connection = context.Connection;
        var address = connection.LocalIpAddress ?? IPAddress.Loopback;
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return new IPEndPoint(address, connection.LocalPort).ToString();
    }
}
