using System.Net;

namespace Terse.Domains;

/// <summary>The names and addresses under which a request reached this server.</summary>
internal static class RequestHost
{
    /// <summary>
    /// The <c>Host</c> header; if it is not a valid host, the address that received the request, so that
    /// every short URL leads to this server.
    /// </summary>
    public static string Of(HttpContext context)
    {
        var sent = Sent(context);
        return Authority.TryParse(sent, out _) ? sent : AddressOf(context);
    }

    /// <summary>The <c>Host</c> header as sent, which may be empty or invalid.</summary>
    public static string Sent(HttpContext context) => context.Request.Headers.Host.ToString();

    /// <summary>The address and port that received the request.</summary>
    public static string AddressOf(HttpContext context)
    {
        var connection = context.Connection;
        var address = connection.LocalIpAddress ?? IPAddress.Loopback;
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return new IPEndPoint(address, connection.LocalPort).ToString();
    }
}
