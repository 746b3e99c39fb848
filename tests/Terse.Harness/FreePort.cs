using System.Net;
using System.Net.Sockets;

namespace Terse.Harness;

/// <summary>A port for a program that cannot be told to let the system choose one.</summary>
internal static class FreePort
{
    /// <summary>One that nobody has on this machine now; it is taken by whoever listens first.</summary>
    public static int Find()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
