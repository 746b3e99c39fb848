using System.Net.Sockets;
using System.Text;

namespace Terse.Harness;

/// <summary>
/// A connection of an attacker who begins a request and sends the rest one byte at a time, so that the server
/// must wait for it.
/// </summary>
internal sealed class SlowConnection : IDisposable
{
    private readonly TcpClient _client = new();
    private readonly MemoryStream _received = new();

    private SlowConnection()
    {
    }

    /// <summary>Completes when the server has closed the connection.</summary>
    public Task Closed { get; private set; } = null!;

    /// <summary>Everything that the server has sent, once it has closed the connection.</summary>
    public string Received => Encoding.Latin1.GetString(_received.GetBuffer(), 0, (int)_received.Length);

    public static async Task<SlowConnection> OpenAsync(Uri server, string begin)
    {
        var connection = new SlowConnection();
        await connection._client.ConnectAsync(server.Host, server.Port);
        await connection._client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(begin));
        connection.Closed = connection.ReadToEndAsync();
        return connection;
    }

    /// <summary>Sends one more byte, unless the server has closed the connection.</summary>
    public async Task SendByteAsync()
    {
        try
        {
            if (!Closed.IsCompleted)
                await _client.GetStream().WriteAsync("x"u8.ToArray());
        }
        catch (IOException)
        {
            // The server has just closed the connection.
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _received.Dispose();
    }

    private async Task ReadToEndAsync()
    {
        try
        {
            await _client.GetStream().CopyToAsync(_received);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // The server has reset the connection, or the test has ended.
        }
    }
}
