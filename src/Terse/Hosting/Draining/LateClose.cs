using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Terse.Hosting;

/// <summary>
/// Gives open connections time for a last request when the server stops. Kestrel closes idle connections at
/// once when it stops to accept new ones. A connection that it has just accepted looks idle until its first
/// request arrives, and so does a kept-alive connection whose next request is on its way; both requests would
/// fail. With this delay, they are answered, with <c>Connection: close</c>.
/// </summary>
/// <remarks>
/// While the server drains, <see cref="DrainFilter"/> asks for the close of connections with HTTP/2. Kestrel
/// sends GOAWAY, and would close the socket as soon as no stream is open. A client that has not read GOAWAY
/// yet would send a request, get an error, and not know whether the request was executed. So the socket stays
/// open for the same time: the client reads GOAWAY with the last stream that the server knows, and repeats
/// later ones on another connection (RFC 9113, section 6.8).
/// </remarks>
internal static class LateClose
{
    /// <summary>
    /// How long idle connections stay open after the server has stopped to accept new ones. A request follows
    /// its connection within one round trip, which takes less than this almost everywhere. With a longer
    /// time, every stop takes longer.
    /// </summary>
    public static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(500);

    /// <summary>Runs a connection, and delays a request to close it while the server stops.</summary>
    public static async Task RunAsync(
        ConnectionDelegate next, ConnectionContext connection, Drain drain, TimeProvider time)
    {
        if (connection.Features.Get<IConnectionLifetimeNotificationFeature>() is not { } lifetime)
        {
            await next(connection);
            return;
        }

        using var late = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        var isDraining = false;
        await using var requested = lifetime.ConnectionClosedRequested.Register(() =>
        {
            isDraining = !drain.IsStopping;
            if (isDraining)
                late.Cancel();
            else
                late.CancelAfter(Delay);
        });
        lifetime.ConnectionClosedRequested = late.Token;
        await next(connection);
        if (isDraining)
            await Task.Delay(Delay, time);
    }
}
