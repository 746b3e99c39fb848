using System.Net;
using System.Net.Sockets;

namespace Terse.Harness;

/// <summary>Finds a free TCP port for programs that do not accept port 0.</summary>
internal static class FreePort
{
    /// <summary>
    /// Returns a port that is free at this moment. A different process may take the port later.
    /// </summary>
    public static int Find()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
