using System.Net;
using System.Net.Sockets;

namespace Terse.Harness;

/// <summary>
/// A TCP proxy to a target on this machine. A test can make the proxy delay bytes, stop forwarding bytes, or
/// reset connections. For each direction of a connection the proxy keeps at most one chunk that is not
/// forwarded yet; further bytes wait in the socket buffers.
/// </summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    /// <summary>
    /// The largest number of open connections. The proxy resets every further connection. The limit is needed
    /// because clients that give up leave their connections open in a proxy that forwards nothing.
    /// </summary>
    private const int MaxConnections = 500;

    private readonly Socket _listener = NewSocket();
    private readonly IPEndPoint _target;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _changing = new();
    private readonly Dictionary<ProxiedConnection, Task> _connections = [];
    private readonly Task _accepting;
    private NetworkState _state = NetworkState.Open;
    private string? _refused;

    public TcpProxy(int targetPort)
    {
        _target = new(IPAddress.Loopback, targetPort);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>
    /// Forwards all bytes again, including the bytes that the proxy has received and not yet forwarded.
    /// </summary>
    public void Forward() => Change(NetworkState.Open);

    /// <summary>Delays each chunk by <paramref name="time"/>, in both directions.</summary>
    public void Delay(TimeSpan time) => Change(new(NetworkMode.Delayed, time));

    /// <summary>Keeps open connections and accepts new ones, but forwards no bytes.</summary>
    public void BlackHole() => Change(new(NetworkMode.BlackHole, TimeSpan.Zero));

    /// <summary>
    /// Forwards requests to the target, and keeps the responses until the test changes the behavior.
    /// </summary>
    public void HoldResponses() => Change(new(NetworkMode.BlackHoleResponses, TimeSpan.Zero));

    /// <summary>Resets all open connections, and each new connection as soon as it is accepted.</summary>
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
    /// Stops forwarding on each connection whose first characters from the client contain this text. Does not
    /// affect connections that clients open later. Returns how many connections were stopped.
    /// </summary>
    public int BlackHole(string text)
    {
        lock (_changing)
        {
            var matching = _connections.Keys.Where(connection => connection.HasSent(text));
            return matching.Count(connection => connection.TryBlackHole());
        }
    }

    /// <summary>
    /// Resets each connection whose first characters from the client contain this text. Returns how many
    /// connections were reset.
    /// </summary>
    public int Reset(string text)
    {
        ProxiedConnection[] matching;
        lock (_changing)
            matching = [.. _connections.Keys.Where(connection => connection.HasSent(text))];
        foreach (var connection in matching)
            connection.Reset();
        return matching.Length;
    }

    /// <summary>
    /// Resets each connection whose first characters from the client contain this text, also connections that
    /// clients open later. With null, the proxy stops to refuse connections.
    /// </summary>
    public void Refuse(string? text)
    {
        Volatile.Write(ref _refused, text);
        if (text is not null)
            Reset(text);
    }

    /// <summary>
    /// Counts the connections on which a chunk that contains this text waits in the proxy to be forwarded.
    /// </summary>
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
            // The proxy is being disposed, so it accepts no more connections.
        }
    }

    private void Take(Socket client)
    {
        var connection = new ProxiedConnection(
            client, NewSocket(), () => Volatile.Read(ref _state), () => Volatile.Read(ref _refused));
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
        await Task.Yield(); // The caller adds the connection to the list before this method can remove it.
        await connection.RunAsync(_target, _stopping.Token);
        lock (_changing)
            _connections.Remove(connection);
    }

    internal static bool IsBreak(Exception exception) =>
        exception is SocketException or ObjectDisposedException or OperationCanceledException;

    private static Socket NewSocket() =>
        new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
}
