using System.Net;
using System.Net.Sockets;
using System.Text;

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

/// <summary>One client's connection, and the one to the target that stands behind it.</summary>
internal sealed class ProxiedConnection(Socket client, Socket host, Func<Passage> passage)
{
    private const int ChunkBytes = 16 * 1024;

    /// <summary>Characters of what was sent there that are kept.</summary>
    private const int MaxSent = 64 * 1024;

    private readonly StringBuilder _sent = new();
    private Passage? _own;

    /// <summary>What waits, as bytes in Latin-1; there, and back.</summary>
    private readonly string?[] _held = new string?[2];

    public bool Holds(string text) =>
        _held.Any(held => held is not null && held.Contains(text, StringComparison.Ordinal));

    public bool HasSent(string text)
    {
        lock (_sent)
            return _sent.ToString().Contains(text, StringComparison.Ordinal);
    }

    /// <summary>From now on nothing arrives. Returns whether that is new.</summary>
    public bool TryBlackHole() =>
        Interlocked.CompareExchange(ref _own, new(PassageKind.Closed, TimeSpan.Zero), null) is null;

    /// <summary>Passes on what comes until both ends have closed, or the connection breaks.</summary>
    public async Task RunAsync(IPEndPoint target, CancellationToken cancellationToken)
    {
        try
        {
            client.NoDelay = host.NoDelay = true;
            await host.ConnectAsync(target, cancellationToken);
            await Task.WhenAll(
                PumpAsync(client, host, isBack: false, cancellationToken),
                PumpAsync(host, client, isBack: true, cancellationToken));
            client.Dispose();
            host.Dispose();
        }
        catch (Exception exception) when (TcpProxy.IsBreak(exception))
        {
            Reset();
        }
    }

    /// <summary>Closes both ends with RST.</summary>
    public void Reset()
    {
        foreach (var socket in new[] { client, host })
        {
            try
            {
                socket.LingerState = new LingerOption(enable: true, seconds: 0);
            }
            catch (Exception exception) when (TcpProxy.IsBreak(exception))
            {
                // It is closed already.
            }

            socket.Dispose();
        }
    }

    private async Task PumpAsync(Socket from, Socket to, bool isBack, CancellationToken cancellationToken)
    {
        var chunk = new byte[ChunkBytes];
        try
        {
            while (await from.ReceiveAsync(chunk, cancellationToken) is > 0 and var length)
            {
                if (!isBack)
                    KeepSent(chunk.AsSpan(0, length));
                await HoldAsync(chunk.AsMemory(0, length), isBack, cancellationToken);
                for (var sent = 0; sent < length;)
                    sent += await to.SendAsync(chunk.AsMemory(sent, length - sent), cancellationToken);
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (TcpProxy.IsBreak(exception))
        {
            Reset(); // Or the other way would go on.
            throw;
        }
    }

    private void KeepSent(ReadOnlySpan<byte> chunk)
    {
        lock (_sent)
            _sent.Append(Encoding.Latin1.GetString(chunk[..Math.Min(chunk.Length, MaxSent - _sent.Length)]));
    }

    private async Task HoldAsync(
        ReadOnlyMemory<byte> chunk, bool isBack, CancellationToken cancellationToken)
    {
        var way = isBack ? 1 : 0;
        var since = TimeProvider.System.GetTimestamp();
        var waited = TimeSpan.Zero;
        while ((Volatile.Read(ref _own) ?? passage()) is var now && !now.LetsPass(isBack, waited))
        {
            Volatile.Write(ref _held[way], Encoding.Latin1.GetString(chunk.Span));
            await now.WaitAsync(waited, cancellationToken);
            waited = TimeProvider.System.GetElapsedTime(since);
        }

        Volatile.Write(ref _held[way], null);
    }
}

internal enum PassageKind
{
    Open,
    Delayed,
    Closed,
    ClosedBack,
    Broken,
}

/// <summary>How a network is, until it changes.</summary>
internal sealed class Passage(PassageKind kind, TimeSpan delay)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static Passage Open => new(PassageKind.Open, TimeSpan.Zero);

    public PassageKind Kind => kind;

    public bool LetsPass(bool isBack, TimeSpan waited) => kind switch
    {
        PassageKind.Delayed => waited >= delay,
        PassageKind.Closed => false,
        PassageKind.ClosedBack => !isBack,
        _ => true,
    };

    /// <summary>Waits for what is left of the delay, or until the network changes.</summary>
    public async Task WaitAsync(TimeSpan waited, CancellationToken cancellationToken)
    {
        var left = kind == PassageKind.Delayed ? delay - waited : Timeout.InfiniteTimeSpan;
        try
        {
            await _ended.Task.WaitAsync(left, TimeProvider.System, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The delay is over.
        }
    }

    public void End() => _ended.TrySetResult();
}
