using System.Net;
using System.Net.Sockets;

namespace Terse.Hosting;

/// <summary>
/// Opens the connections of an HTTP client whose URLs other people choose. Each connection goes only to an
/// allowed address. Safe for use by any number of threads.
/// </summary>
/// <param name="isAllowed">Whether the server may connect to an address and a port.</param>
/// <param name="refusal">The sentence of the exception if no address of a host is allowed.</param>
internal sealed class AddressGuard(Func<IPEndPoint, bool> isAllowed, string refusal)
{
    private readonly HostLookups _lookups = new(Dns.GetHostAddresses);

    /// <summary>
    /// Connects to the host of a request. The name is looked up here, and only here, so the address that is
    /// checked is the address of the connection. For <see cref="SocketsHttpHandler.ConnectCallback"/>.
    /// </summary>
    /// <exception cref="HttpRequestException">No address of the host is allowed.</exception>
    public async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = await _lookups.FindAsync(host, cancellationToken);
        var allowed = Array.FindAll(addresses, address => isAllowed(new(address, port)));
        if (allowed.Length == 0)
            throw new HttpRequestException(refusal);
        Socket? socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, port, cancellationToken);
            var stream = new NetworkStream(socket, ownsSocket: true);
            socket = null;
            return stream;
        }
        finally
        {
            socket?.Dispose();
        }
    }
}
