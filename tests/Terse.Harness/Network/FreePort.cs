using System.Net;
using System.Net.Sockets;

namespace Terse.Harness;

/// <summary>Finds a free TCP port for programs that do not accept port 0.</summary>
internal static class FreePort
{
    /// <summary>
    /// The first and last port. Linux gives higher ports (32768 to 60999 by default) to outgoing connections,
    /// so no connection takes the port of a server while the server is not running.
    /// </summary>
    private const int First = 24_000;
    private const int Last = 31_999;

    /// <summary>Random, because other test projects may run at the same time.</summary>
    private static int _searched = Random.Shared.Next(Last - First);

    /// <summary>
    /// Returns a port of 127.0.0.1 that is free at this moment and that this process has not returned before.
    /// </summary>
    public static int Find()
    {
        while (true)
        {
            var port = First + (Interlocked.Increment(ref _searched) % (Last - First + 1));
            if (IsFree(port))
                return port;
        }
    }

    /// <summary>Returns true if no program listens on a port of 127.0.0.1.</summary>
    public static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
