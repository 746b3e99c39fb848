using System.Net;
using System.Net.Sockets;

namespace Terse.Harness;

/// <summary>Finds a port for a program that cannot let the system choose one.</summary>
internal static class FreePort
{
    /// <summary>Returns a port that is free now. The port is not reserved.</summary>
    public static int Find()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
