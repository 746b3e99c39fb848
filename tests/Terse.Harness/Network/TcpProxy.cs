using System.Net;
using System.Net.Sockets;

namespace Terse.Harness;

/// <summary>
/// A TCP proxy that can delay, hold or break the connections to a target on this machine. Each direction of a
/// connection holds one chunk at most; more bytes wait at the sender, as on any network.
/// </summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    /// <summary>
    /// Further connections are reset. Clients that give up leave their connections in a black hole.
    /// </summary>
    private const int MaxConnections = 500;

    private readonly Socket _listener = NewSocket();
    private readonly IPEndPoint _target;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _changing = new();
    private readonly Dictionary<ProxiedConnection, Task> _connections = [];
    private readonly Task _accepting;
    private NetworkState _state = NetworkState.Open;

    public TcpProxy(int targetPort)
    {
        _target = new(IPAddress.Loopback, targetPort);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>Forwards all bytes again, also the bytes that a black hole holds.</summary>
    public void Forward() => Change(NetworkState.Open);

    /// <summary>Delays each chunk in both directions.</summary>
    public void Delay(TimeSpan time) => Change(new(NetworkMode.Delayed, time));

    /// <summary>Keeps and accepts connections, but forwards nothing.</summary>
    public void BlackHole() => Change(new(NetworkMode.BlackHole, TimeSpan.Zero));

    /// <summary>Forwards requests and holds responses.</summary>
    public void HoldResponses() => Change(new(NetworkMode.BlackHoleResponses, TimeSpan.Zero));

    /// <summary>Resets all connections and all new connections.</summary>
    public void Reset()
    {
        Change(new(NetworkMode.Reset, TimeSpan.Zero));
        ProxiedConnection[] broken;
        lock (_changing)
            broken = [.. _connections.Keys];
        foreach (var connection in broken)
            connection.Reset();
    }

    /// <summary>
    /// Makes a black hole of the connections that sent this text among their first characters. New
    /// connections are not affected. Returns the number of connections that were changed.
    /// </summary>
    public int BlackHole(string text)
    {
        lock (_changing)
        {
            var matching = _connections.Keys.Where(connection => connection.HasSent(text));
            return matching.Count(connection => connection.TryBlackHole());
        }
    }

    /// <summary>Resets the connections that sent this text. Returns their number.</summary>
    public int Reset(string text)
    {
        ProxiedConnection[] matching;
        lock (_changing)
            matching = [.. _connections.Keys.Where(connection => connection.HasSent(text))];
        foreach (var connection in matching)
            connection.Reset();
        return matching.Length;
    }

    /// <summary>The number of connections that hold a chunk with this text.</summary>
    public int CountHeld(string text)
    {
        lock (_changing)
            return _connections.Keys.Count(connection => connection.Holds(text));
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        Reset();
        Task[] ending;
        lock (_changing)
            ending = [.. _connections.Values];
        await Task.WhenAll(ending);
        _stopping.Dispose();
    }

    private void Change(NetworkState state)
    {
        var before = Interlocked.Exchange(ref _state, state);
        before.End();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                Take(await _listener.AcceptAsync(_stopping.Token));
        }
        catch (Exception exception) when (_stopping.IsCancellationRequested && IsBreak(exception))
        {
            // The proxy is disposed.
        }
    }

    private void Take(Socket client)
    {
        var connection = new ProxiedConnection(client, NewSocket(), () => Volatile.Read(ref _state));
        lock (_changing)
        {
            if (_state.Mode == NetworkMode.Reset || _connections.Count >= MaxConnections)
                connection.Reset();
            else
                _connections.Add(connection, ServeAsync(connection));
        }
    }

    private async Task ServeAsync(ProxiedConnection connection)
    {
        await Task.Yield(); // The connection is added before it can be removed.
        await connection.RunAsync(_target, _stopping.Token);
        lock (_changing)
            _connections.Remove(connection);
    }

    internal static bool IsBreak(Exception exception) =>
        exception is SocketException or ObjectDisposedException or OperationCanceledException;

    private static Socket NewSocket() =>
        new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
}
