using System.Net.Sockets;
using System.Text;

namespace Terse.Bench;

/// <summary>
/// What a client sends again and again, and how it knows that the answer is right and whole.
/// </summary>
internal sealed record BenchRequest(Func<byte[]> Next, byte[] Begin, byte[] End)
{
    /// <summary>Creates a link to always the same target.</summary>
    public static BenchRequest Create(Uri server)
    {
        const string Body = """{"target": "https://example.com/a/long/way/x"}""";
        var request = Encoding.ASCII.GetBytes(
            $"POST /api/v1/links HTTP/1.1\r\nHost: {server.Authority}\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {Body.Length}\r\n\r\n{Body}");
        return new(() => request, "HTTP/1.1 201"u8.ToArray(), "\r\n0\r\n\r\n"u8.ToArray());
    }

    /// <summary>Follows a code that is another each time.</summary>
    public static BenchRequest Follow(Uri server, Func<string> nextCode) => new(
        () => Encoding.ASCII.GetBytes($"GET /{nextCode()} HTTP/1.1\r\nHost: {server.Authority}\r\n\r\n"),
        "HTTP/1.1 302"u8.ToArray(),
        "\r\n\r\n"u8.ToArray());
}

/// <summary>
/// A client that sends one request after the other over one connection. It speaks just enough HTTP, because
/// on a machine that client and server share, a full client would measure itself.
/// </summary>
internal sealed class BenchClient(Uri server, BenchRequest request)
{
    private readonly byte[] _answer = new byte[4096];

    /// <summary>How long each request took until its answer was there.</summary>
    public List<TimeSpan> Times { get; } = [];

    /// <summary>Runs so many clients at once for a while, and returns how long each request took.</summary>
    public static async Task<List<TimeSpan>> RunAsync(
        Uri server, int clients, TimeSpan time, Func<BenchRequest> newRequest)
    {
        var running = Enumerable.Range(0, clients)
            .Select(_ => new BenchClient(server, newRequest()))
            .ToList();
        await Task.WhenAll(running.Select(client => client.RunAsync(time)));
        return [.. running.SelectMany(client => client.Times)];
    }

    /// <summary>Sends so many requests, one after the other.</summary>
    public async Task RunAsync(int requests)
    {
        using var socket = await ConnectAsync();
        for (var sent = 0; sent < requests; sent++)
        {
            await socket.SendAsync(request.Next());
            await ReceiveAsync(socket);
        }
    }

    /// <summary>
    /// Sends a request whenever one is due. Where the one before was answered too late for that, the wait
    /// counts as well; that a timer of this client went off late does not.
    /// </summary>
    public async Task RunAsync(TimeSpan time, TimeSpan interval, TimeSpan first)
    {
        using var socket = await ConnectAsync();
        var begin = TimeProvider.System.GetTimestamp();
        for (var due = first; due < time; due += interval)
        {
            var counted = due;
            var ahead = due - TimeProvider.System.GetElapsedTime(begin);
            if (ahead > TimeSpan.Zero)
            {
                await Task.Delay(ahead, TimeProvider.System);
                counted = TimeProvider.System.GetElapsedTime(begin);
            }

            await socket.SendAsync(request.Next());
            await ReceiveAsync(socket);
            Times.Add(TimeProvider.System.GetElapsedTime(begin) - counted);
        }
    }

    /// <summary>Runs so many clients at a steady rate of all together.</summary>
    public static async Task<List<TimeSpan>> RunAtAsync(
        double rate, Uri server, int clients, TimeSpan time, Func<BenchRequest> newRequest)
    {
        var running = Enumerable.Range(0, clients)
            .Select(_ => new BenchClient(server, newRequest()))
            .ToList();
        var interval = TimeSpan.FromSeconds(clients / rate);
        await Task.WhenAll(running.Select((client, index) =>
            client.RunAsync(time, interval, first: interval * index / clients)));
        return [.. running.SelectMany(client => client.Times)];
    }

    private async Task RunAsync(TimeSpan time)
    {
        using var socket = await ConnectAsync();
        var begin = TimeProvider.System.GetTimestamp();
        var last = TimeSpan.Zero;
        while (last < time)
        {
            await socket.SendAsync(request.Next());
            await ReceiveAsync(socket);
            var now = TimeProvider.System.GetElapsedTime(begin);
            Times.Add(now - last);
            last = now;
        }
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.Host, server.Port);
        return socket;
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
        while (!_answer.AsSpan(0, length).EndsWith(request.End));

        if (!_answer.AsSpan().StartsWith(request.Begin))
            throw new IOException(Encoding.UTF8.GetString(_answer, 0, length));
    }
}
