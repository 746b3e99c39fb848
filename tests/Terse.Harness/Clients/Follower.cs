using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Terse.Harness;

/// <summary>The outcome of a request for a code, as far as the client knows the outcome.</summary>
internal enum FollowResult
{
    /// <summary>The server sent a redirect, so it must count exactly one visit.</summary>
    Redirected,

    /// <summary>The server sent a complete response that is not a redirect.</summary>
    Refused,

    /// <summary>
    /// The connection broke after the request was sent and before the response was complete, so the server
    /// may have counted a visit or not.
    /// </summary>
    CutOff,

    /// <summary>The client could not connect to the server, so it did not send the request.</summary>
    NotSent,
}

/// <summary>
/// A client that follows links one after the other, over one open connection to each server. The client sends
/// each request at most once. <see cref="HttpClient"/> cannot be used here: it silently repeats a request
/// when a pooled connection is closed, so a test would not know how many requests were sent.
/// </summary>
internal sealed class Follower : IDisposable
{
    /// <summary>
    /// A follower cancels its running request when this time has passed since the follower was created. A
    /// hanging request therefore cannot block a test.
    /// </summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The user agent of a person's browser. A visit without a user agent is a visit of a bot.
    /// </summary>
    public const string Browser =
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

    private readonly CancellationTokenSource _limit = new(Timeout, TimeProvider.System);
    private readonly Dictionary<string, Socket> _connections = new(StringComparer.Ordinal);
    private readonly byte[] _answer = new byte[4096];

    /// <summary>The start of a redirect's status line. A redirect of the Terse server has no body.</summary>
    private static ReadOnlySpan<byte> Found => "HTTP/1.1 302 "u8;

    /// <summary>
    /// Follows a link with several clients at once, and returns how many responses were redirects.
    /// </summary>
    /// <param name="server">The server that receives the requests.</param>
    /// <param name="code">The code of the link.</param>
    /// <param name="clients">How many clients send requests at the same time.</param>
    /// <param name="timesEach">How many requests each client sends.</param>
    public static async Task<int> FollowAsync(TerseProcess server, string code, int clients, int timesEach)
    {
        var redirects = await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            using var follower = new Follower();
            var redirected = 0;
            for (var time = 0; time < timesEach; time++)
            {
                if (await follower.FollowAsync(server.Authority, code) == FollowResult.Redirected)
                    redirected++;
            }

            return redirected;
        }));
        return redirects.Sum();
    }

    /// <summary>Follows a link once.</summary>
    /// <param name="server">The host and port of the server, for example <c>127.0.0.1:8080</c>.</param>
    /// <param name="code">The code of the link.</param>
    public async Task<FollowResult> FollowAsync(string server, string code)
    {
        if (await ConnectAsync(server) is not { } connection)
            return FollowResult.NotSent;
        var request = Encoding.ASCII.GetBytes(
            $"GET /{code} HTTP/1.1\r\nHost: {server}\r\nUser-Agent: {Browser}\r\n\r\n");
        var result = await FollowAsync(connection, request);
        if (result != FollowResult.Redirected && _connections.Remove(server))
            connection.Dispose();
        return result;
    }

    public void Dispose()
    {
        foreach (var connection in _connections.Values)
            connection.Dispose();
        _limit.Dispose();
    }

    private async Task<Socket?> ConnectAsync(string server)
    {
        if (_connections.TryGetValue(server, out var kept))
            return kept;
        var connection = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await connection.ConnectAsync(IPEndPoint.Parse(server), _limit.Token);
            _connections.Add(server, connection);
            return connection;
        }
        catch (SocketException)
        {
            connection.Dispose();
            return null;
        }
    }

    private async Task<FollowResult> FollowAsync(Socket connection, byte[] request)
    {
        try
        {
            await connection.SendAsync(request, _limit.Token);
            var length = 0;
            while (!_answer.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
            {
                var received = await connection.ReceiveAsync(_answer.AsMemory(length), _limit.Token);
                if (received == 0)
                    return FollowResult.CutOff;
                length += received;
                if (length >= Found.Length && !_answer.AsSpan().StartsWith(Found))
                    return FollowResult.Refused;
            }

            return FollowResult.Redirected;
        }
        catch (SocketException)
        {
            return FollowResult.CutOff;
        }
    }
}
