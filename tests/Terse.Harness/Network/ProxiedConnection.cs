using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Terse.Harness;

/// <summary>
/// One connection through the proxy: the socket of the client, and the socket from the proxy to the target.
/// </summary>
/// <param name="client">The socket of the client.</param>
/// <param name="host">The socket from the proxy to the target.</param>
/// <param name="state">Returns what the proxy does now.</param>
/// <param name="refused">
/// Returns the text on which the proxy resets the connection; null if the proxy refuses no text.
/// </param>
internal sealed class ProxiedConnection(
    Socket client, Socket host, Func<NetworkState> state, Func<string?> refused)
{
    private const int ChunkBytes = 16 * 1024;

    /// <summary>
    /// How many characters from the client are kept, counted from the start of the connection. A test can
    /// search these characters.
    /// </summary>
    private const int MaxSent = 64 * 1024;

    private readonly StringBuilder _sent = new();
    private NetworkState? _ownState;

    /// <summary>
    /// The bytes that wait in the proxy to be forwarded, as Latin-1 text. Element 0 contains bytes from the
    /// client, and element 1 contains bytes from the target.
    /// </summary>
    private readonly string?[] _held = new string?[2];

    public bool Holds(string text) =>
        _held.Any(held => held is not null && held.Contains(text, StringComparison.Ordinal));

    public bool HasSent(string text)
    {
        lock (_sent)
            return _sent.ToString().Contains(text, StringComparison.Ordinal);
    }

    /// <summary>
    /// Stops this connection from forwarding bytes. Returns false if the connection is already stopped.
    /// </summary>
    public bool TryBlackHole() =>
        Interlocked.CompareExchange(ref _ownState, new(NetworkMode.BlackHole, TimeSpan.Zero), null) is null;

    /// <summary>
    /// Forwards bytes until both sides have closed the connection, or the connection breaks.
    /// </summary>
    public async Task RunAsync(IPEndPoint target, CancellationToken cancellationToken)
    {
        try
        {
            client.NoDelay = host.NoDelay = true;
            await host.ConnectAsync(target, cancellationToken);
            await Task.WhenAll(
                PumpAsync(client, host, isResponse: false, cancellationToken),
                PumpAsync(host, client, isResponse: true, cancellationToken));
            client.Dispose();
            host.Dispose();
        }
        catch (Exception exception) when (TcpProxy.IsBreak(exception))
        {
            Reset();
        }
    }

    /// <summary>Closes both sockets with a TCP reset (RST).</summary>
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
                // The socket is already closed, so no reset is necessary.
            }

            socket.Dispose();
        }
    }

    private async Task PumpAsync(Socket from, Socket to, bool isResponse, CancellationToken cancellationToken)
    {
        var chunk = new byte[ChunkBytes];
        try
        {
            while (await from.ReceiveAsync(chunk, cancellationToken) is > 0 and var length)
            {
                if (!isResponse)
                    KeepSent(chunk.AsSpan(0, length));
                if (!isResponse && refused() is { } text && HasSent(text))
                    Reset(); // The next line then fails, as after a reset by the network.
                await HoldAsync(chunk.AsMemory(0, length), isResponse, cancellationToken);
                for (var sent = 0; sent < length;)
                    sent += await to.SendAsync(chunk.AsMemory(sent, length - sent), cancellationToken);
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (TcpProxy.IsBreak(exception))
        {
            Reset(); // Without this call the opposite direction would wait forever.
            throw;
        }
    }

    private void KeepSent(ReadOnlySpan<byte> chunk)
    {
        lock (_sent)
            _sent.Append(Encoding.Latin1.GetString(chunk[..Math.Min(chunk.Length, MaxSent - _sent.Length)]));
    }

    private async Task HoldAsync(
        ReadOnlyMemory<byte> chunk, bool isResponse, CancellationToken cancellationToken)
    {
        var direction = isResponse ? 1 : 0;
        var since = TimeProvider.System.GetTimestamp();
        var waited = TimeSpan.Zero;
        while ((Volatile.Read(ref _ownState) ?? state()) is var now && !now.CanPass(isResponse, waited))
        {
            Volatile.Write(ref _held[direction], Encoding.Latin1.GetString(chunk.Span));
            await now.WaitAsync(waited, cancellationToken);
            waited = TimeProvider.System.GetElapsedTime(since);
        }

        Volatile.Write(ref _held[direction], null);
    }
}
