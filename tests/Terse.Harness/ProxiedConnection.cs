using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Terse.Harness;

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
