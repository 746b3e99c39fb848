using System.Net;
using System.Net.Sockets;

namespace Terse.Harness;

/// <summary>
/// A network between two ends on this machine that can be slow, swallow all, or break. Each way of each
/// connection holds one chunk at most; what more is sent waits with the sender, as on any network.
/// </summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    /// <summary>One more is reset: whoever gives up on a black hole leaves his connection in it.</summary>
    private const int MaxConnections = 500;

    private readonly Socket _listener = NewSocket();
    private readonly IPEndPoint _target;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _changing = new();
    private readonly Dictionary<ProxiedConnection, Task> _connections = [];
    private readonly Task _accepting;
    private Passage _passage = Passage.Open;

    public TcpProxy(int targetPort)
    {
        _target = new(IPAddress.Loopback, targetPort);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>Back to normal; what a black hole kept goes its way now.</summary>
    public void Forward() => Change(Passage.Open);

    /// <summary>Each chunk, on the way there and on the way back, arrives so much later.</summary>
    public void Delay(TimeSpan time) => Change(new(PassageKind.Delayed, time));

    /// <summary>Connections stay and new ones are accepted, and nothing arrives.</summary>
    public void BlackHole() => Change(new(PassageKind.Closed, TimeSpan.Zero));

    /// <summary>What is sent there arrives; what is answered is kept.</summary>
    public void HoldAnswers() => Change(new(PassageKind.ClosedBack, TimeSpan.Zero));

    /// <summary>Resets all connections, and whoever connects.</summary>
    public void Reset()
    {
        Change(new(PassageKind.Broken, TimeSpan.Zero));
        ProxiedConnection[] broken;
        lock (_changing)
            broken = [.. _connections.Keys];
        foreach (var connection in broken)
            connection.Reset();
    }

    /// <summary>
    /// From now on nothing arrives on the connections over which this text was sent there, early on; new ones
    /// are as all others. Returns how many there are.
    /// </summary>
    public int BlackHole(string text)
    {
        lock (_changing)
        {
            var meant = _connections.Keys.Where(connection => connection.HasSent(text));
            return meant.Count(connection => connection.TryBlackHole());
        }
    }

    /// <summary>Resets the connections over which this text was sent there. Returns how many.</summary>
    public int Reset(string text)
    {
        ProxiedConnection[] meant;
        lock (_changing)
            meant = [.. _connections.Keys.Where(connection => connection.HasSent(text))];
        foreach (var connection in meant)
            connection.Reset();
        return meant.Length;
    }

    /// <summary>Connections in which something waits to be passed on that has this text in it.</summary>
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

    private void Change(Passage passage)
    {
        var before = Interlocked.Exchange(ref _passage, passage);
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
            // Nobody connects any more.
        }
    }

    private void Take(Socket client)
    {
        var connection = new ProxiedConnection(client, NewSocket(), () => Volatile.Read(ref _passage));
        lock (_changing)
        {
            if (_passage.Kind == PassageKind.Broken || _connections.Count >= MaxConnections)
                connection.Reset();
            else
                _connections.Add(connection, ServeAsync(connection));
        }
    }

    private async Task ServeAsync(ProxiedConnection connection)
    {
        await Task.Yield(); // It is added before it can be removed.
        await connection.RunAsync(_target, _stopping.Token);
        lock (_changing)
            _connections.Remove(connection);
    }

    internal static bool IsBreak(Exception exception) =>
        exception is SocketException or ObjectDisposedException or OperationCanceledException;

    private static Socket NewSocket() =>
        new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
}
