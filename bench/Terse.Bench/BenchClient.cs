using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Terse.Bench;

/// <summary>
/// Makes the requests of a benchmark client. <c>Begin</c> and <c>End</c> are the first and the last bytes of
/// each correct response.
/// </summary>
internal sealed record BenchRequest(Func<byte[]> Next, byte[] Begin, byte[] End)
{
    /// <summary>Receives the status code of each response; null if nobody needs it.</summary>
    public Action<int>? OnStatus { get; init; }

    /// <summary>Returns requests that each create a link. All links have the same target.</summary>
    public static BenchRequest Create(Uri server)
    {
        const string Body = """{"target": "https://example.com/a/long/way/x"}""";
        var request = Encoding.ASCII.GetBytes(
            $"POST /api/v1/links HTTP/1.1\r\nHost: {server.Authority}\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {Body.Length}\r\n\r\n{Body}");
        return new(() => request, "HTTP/1.1 201"u8.ToArray(), "\r\n0\r\n\r\n"u8.ToArray());
    }

    /// <summary>Returns requests that each read the next path below <c>/api/v1/</c>.</summary>
    public static BenchRequest List(Uri server, Func<string> nextPath) => new(
        () => Encoding.ASCII.GetBytes(
            $"GET /api/v1/{nextPath()} HTTP/1.1\r\nHost: {server.Authority}\r\n\r\n"),
        "HTTP/1.1 200"u8.ToArray(),
        "\r\n0\r\n\r\n"u8.ToArray());

    /// <summary>Returns requests that each follow the next code from <paramref name="nextCode"/>.</summary>
    public static BenchRequest Follow(Uri server, Func<string> nextCode) => new(
        () => Encoding.ASCII.GetBytes($"GET /{nextCode()} HTTP/1.1\r\nHost: {server.Authority}\r\n\r\n"),
        "HTTP/1.1 302"u8.ToArray(),
        "\r\n\r\n"u8.ToArray());

    /// <summary>
    /// Returns requests that each follow the next code from <paramref name="nextCode"/>, which no link has.
    /// The response may have any status code, and a problem as its body.
    /// </summary>
    public static BenchRequest Invent(Uri server, Func<string> nextCode, Action<int> onStatus) =>
        Follow(server, nextCode) with
        {
            Begin = "HTTP/1.1 "u8.ToArray(),
            End = "\r\n0\r\n\r\n"u8.ToArray(),
            OnStatus = onStatus,
        };
}

/// <summary>
/// A client that sends one request after the other over one connection. It supports only the part of HTTP
/// that the benchmarks need, because the client and the server share one machine: a full HTTP client would
/// take too much processor time from the server.
/// </summary>
internal sealed class BenchClient(Uri server, BenchRequest request)
{
    private readonly byte[] _answer = new byte[256 * 1024];

    /// <summary>The response time of each request, in the order of the requests.</summary>
    public List<TimeSpan> Times { get; } = [];

    /// <summary>
    /// Runs several clients at the same time, and returns the response times of all requests.
    /// </summary>
    public static async Task<List<TimeSpan>> RunAsync(
        Uri server, int clients, TimeSpan time, Func<BenchRequest> newRequest)
    {
        var running = Enumerable.Range(0, clients)
            .Select(_ => new BenchClient(server, newRequest()))
            .ToList();
        await Task.WhenAll(running.Select(client => client.RunAsync(time)));
        return [.. running.SelectMany(client => client.Times)];
    }

    /// <summary>Sends this many requests, one after the other.</summary>
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
    /// Sends one request per interval. If a request must wait for the late response to the previous request,
    /// this wait counts as response time. A delay by this client's own timer does not count.
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

    /// <summary>
    /// Runs several clients at the same time. Together they send <paramref name="rate"/> requests per second.
    /// </summary>
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
        request.OnStatus?.Invoke(int.Parse(_answer.AsSpan(9, 3), CultureInfo.InvariantCulture));
    }
}
