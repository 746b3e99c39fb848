using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Terse.Harness;

/// <summary>What a client knows of a request for a code.</summary>
internal enum FollowResult
{
    /// <summary>It was redirected: a visit that has to count.</summary>
    Redirected,

    /// <summary>It was answered otherwise.</summary>
    Refused,

    /// <summary>It was sent, and not answered to the end: whether it counts nobody knows.</summary>
    CutOff,

    /// <summary>It was not sent, because nobody listens.</summary>
    NotSent,
}

/// <summary>
/// A client that follows links, one after the other, over one connection to each server, which it keeps. It
/// sends nothing a second time: a client that does so by itself, as <see cref="HttpClient"/> does where a
/// connection that it kept turns out closed, cannot say how many requests it made.
/// </summary>
internal sealed class Follower : IDisposable
{
    /// <summary>Longer than any answer may take.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly CancellationTokenSource _limit = new(Patience, TimeProvider.System);
    private readonly Dictionary<string, Socket> _connections = new(StringComparer.Ordinal);
    private readonly byte[] _answer = new byte[4096];

    /// <summary>Such an answer has no body.</summary>
    private static ReadOnlySpan<byte> Found => "HTTP/1.1 302 "u8;

    /// <summary>Follows a link as often as asked for, and returns how often it led somewhere.</summary>
    /// <param name="server">Whom to ask.</param>
    /// <param name="code">The link's.</param>
    /// <param name="clients">How many follow at once.</param>
    /// <param name="timesEach">How often each of them does.</param>
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
    /// <param name="server">Host and port.</param>
    /// <param name="code">The link's.</param>
    public async Task<FollowResult> FollowAsync(string server, string code)
    {
        if (await ConnectAsync(server) is not { } connection)
            return FollowResult.NotSent;
        var request = Encoding.ASCII.GetBytes($"GET /{code} HTTP/1.1\r\nHost: {server}\r\n\r\n");
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
