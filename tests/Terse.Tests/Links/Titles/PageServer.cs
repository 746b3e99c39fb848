using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Terse.Tests.Links;

/// <summary>
/// A web server that sends the same bytes on each connection, and then either closes the connection or keeps
/// it open.
/// </summary>
internal sealed class PageServer : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _serving;
    private int _connections;

    private PageServer(IPAddress address, Func<NetworkStream, CancellationToken, Task> answer)
    {
        _listener = new(address, 0);
        _listener.Start();
        _serving = ServeAsync(answer);
    }

    public string Address => $"http://{_listener.LocalEndpoint}/";

    public int Connections => Volatile.Read(ref _connections);

    public static PageServer Start(byte[] page, string type = "text/html", IPAddress? address = null) =>
        new(address ?? IPAddress.Loopback, async (stream, token) =>
        {
            await stream.WriteAsync(Head("200 OK", $"Content-Type: {type}"), token);
            await stream.WriteAsync(page, token);
        });

    public static PageServer Redirect(string location) => new(
        IPAddress.Loopback,
        async (stream, token) => await stream.WriteAsync(Head("302 Found", $"Location: {location}"), token));

    /// <summary>Starts a server that sends a page without end.</summary>
    public static PageServer Endless(byte[] page) => new(IPAddress.Loopback, async (stream, token) =>
    {
        await stream.WriteAsync(Head("200 OK", "Content-Type: text/html"), token);
        while (true)
            await stream.WriteAsync(page, token);
    });

    /// <summary>Starts a server that accepts connections and never answers.</summary>
    public static PageServer Silent() => new(
        IPAddress.Loopback, async (stream, token) => _ = await stream.ReadAsync(new byte[1], token));

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _serving;
        _end.Dispose();
    }

    private static byte[] Head(string status, string header) =>
        Encoding.Latin1.GetBytes($"HTTP/1.1 {status}\r\nConnection: close\r\n{header}\r\n\r\n");

    private async Task ServeAsync(Func<NetworkStream, CancellationToken, Task> answer)
    {
        var answering = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_end.Token);
                Interlocked.Increment(ref _connections);
                answering.Add(AnswerAsync(client, answer));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(answering);
        }
    }

    private async Task AnswerAsync(TcpClient client, Func<NetworkStream, CancellationToken, Task> answer)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                _ = await stream.ReadAsync(new byte[4096], _end.Token);
                await answer(stream, _end.Token);
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException)
            {
                // The client has closed the connection, or the test has ended.
            }
        }
    }
}
