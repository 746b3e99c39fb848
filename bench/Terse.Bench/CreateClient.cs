using System.Net.Sockets;
using System.Text;

namespace Terse.Bench;

/// <summary>
/// A client that creates one link after the other over one connection. It speaks just enough HTTP, because on
/// a machine that client and server share, a full client would measure itself.
/// </summary>
internal sealed class CreateClient(Uri server)
{
    private static readonly byte[] Created = "HTTP/1.1 201"u8.ToArray();
    private static readonly byte[] LastChunk = "\r\n0\r\n\r\n"u8.ToArray();

    private readonly byte[] _answer = new byte[4096];
    private readonly byte[] _request = Encoding.ASCII.GetBytes(
        $"POST /api/v1/links HTTP/1.1\r\nHost: {server.Authority}\r\nContent-Type: application/json\r\n"
        + "Content-Length: 46\r\n\r\n"
        + """{"target": "https://example.com/a/long/way/x"}""");

    /// <summary>How long each acknowledged create took.</summary>
    public List<TimeSpan> Times { get; } = [];

    public async Task RunAsync(TimeSpan time)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.Host, server.Port);
        var begin = TimeProvider.System.GetTimestamp();
        var last = TimeSpan.Zero;
        while (last < time)
        {
            await socket.SendAsync(_request);
            await ReceiveAsync(socket);
            var now = TimeProvider.System.GetElapsedTime(begin);
            Times.Add(now - last);
            last = now;
        }
    }

    private async ValueTask ReceiveAsync(Socket socket)
    {
        var length = 0;
        do
        {
            var received = await socket.ReceiveAsync(_answer.AsMemory(length));
            if (received == 0)
                throw new IOException("The server closed the connection.");
            length += received;
        }
        while (!_answer.AsSpan(0, length).EndsWith(LastChunk));

        if (!_answer.AsSpan().StartsWith(Created))
            throw new IOException(Encoding.UTF8.GetString(_answer, 0, length));
    }
}
