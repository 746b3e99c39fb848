using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Terse.Hosting;

/// <summary>
/// Reads the PROXY protocol at the beginning of each connection, and gives the connection the address of the
/// client. A connection that does not come from a trusted proxy, or does not begin with a valid header in
/// time, is closed: a client that could omit the header could hide behind the address of the balancer.
/// </summary>
internal sealed partial class ProxyProtocol(
    TrustedProxies trusted,
    IOptions<TelemetryOptions> telemetry,
    TimeProvider time,
    ILogger<ProxyProtocol> logger)
{
    /// <summary>How long a balancer may take to send the header. It sends it first of all.</summary>
    public static readonly TimeSpan HeaderTime = TimeSpan.FromSeconds(5);

    private readonly int? _metricsPort = telemetry.Value.MetricsPort;

    private bool _hasRefused;

    /// <summary>Reads the header, and then runs the rest of the connection.</summary>
    public async Task RunAsync(ConnectionDelegate next, ConnectionContext connection)
    {
        if ((connection.LocalEndPoint as IPEndPoint)?.Port is { } port && port == _metricsPort)
        {
            await next(connection); // Prometheus reads the metrics, not through the balancer.
            return;
        }

        var peer = connection.RemoteEndPoint;
        if (!trusted.Contains((peer as IPEndPoint)?.Address)
            || await ReadAsync(connection) is not { } header)
        {
            if (!_hasRefused)
                LogRefused();
            _hasRefused = true;
            LogPeer(peer);
            connection.Abort(new ConnectionAbortedException("The connection has no PROXY header."));
            return;
        }

        // Without a client address in the header, the connection has none. It must not keep the address of
        // the balancer: that address is trusted, so the client could set any address with X-Forwarded-For.
        if (!header.IsLocal)
        {
            connection.RemoteEndPoint = header.Source;
            connection.LocalEndPoint = header.Destination ?? connection.LocalEndPoint;
        }

        connection.Features.Set(ProxiedConnection.Instance);
        await next(connection);
    }

    /// <summary>Reads and consumes the header. Returns null if there is none.</summary>
    private async Task<ProxyHeader?> ReadAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        using var timeout = new CancellationTokenSource(HeaderTime, time);
        try
        {
            while (true)
            {
                var result = await input.ReadAsync(timeout.Token);
                if (TryRead(input, result, out var header))
                    return header;
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            return null; // The header is late, or the client has closed the connection.
        }
    }

    /// <summary>Returns false if more bytes are needed.</summary>
    private static bool TryRead(PipeReader input, ReadResult result, out ProxyHeader? header)
    {
        var buffer = result.Buffer;
        var bytes = buffer.Slice(0, Math.Min(buffer.Length, ProxyHeader.MaxLength)).ToArray();
        var state = ProxyHeader.Read(bytes, out var read);
        header = state == ProxyHeaderState.Complete ? read : null;
        if (header is not null)
            input.AdvanceTo(buffer.GetPosition(read.Length));
        else
            input.AdvanceTo(buffer.Start, buffer.End);
        return state != ProxyHeaderState.Incomplete || result.IsCompleted || result.IsCanceled;
    }

    [LoggerMessage(
        20,
        LogLevel.Warning,
        "A connection was closed: Proxies:Protocol is on, but the connection does not come from "
            + "Proxies:Trusted or has no PROXY header. The level Debug logs the addresses of all of them.")]
    private partial void LogRefused();

    [LoggerMessage(21, LogLevel.Debug, "The connection from {Peer} was closed: it has no PROXY header.")]
    private partial void LogPeer(EndPoint? peer);
}
