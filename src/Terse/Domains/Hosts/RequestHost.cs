using System.Net;

namespace Terse.Domains;

/// <summary>Finds the names and addresses under which a request reached this server.</summary>
internal static class RequestHost
{
    /// <summary>
    /// Returns the <c>Host</c> header. If the header is not a valid host, returns the local address that
    /// received the request, so that every short URL leads to this server.
    /// </summary>
    public static string Of(HttpContext context)
    {
        var sent = Sent(context);
        return Authority.TryParse(sent, out _) ? sent : AddressOf(context);
    }

    /// <summary>The <c>Host</c> header as the client sent it. The header may be empty or invalid.</summary>
    public static string Sent(HttpContext context) => context.Request.Headers.Host.ToString();

    /// <summary>The local address and port that received the request.</summary>
    public static string AddressOf(HttpContext context)
    {
        var connection = context.Connection;
        var address = connection.LocalIpAddress ?? IPAddress.Loopback;
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return new IPEndPoint(address, connection.LocalPort).ToString();
    }
}
