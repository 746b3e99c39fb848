using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Terse.Hosting;

/// <summary>
/// Limits what a connection may cost, so that slow and huge requests leave room for redirects. docs/limits.md
/// describes the limits for operators. The limit of request bodies is in <c>WebSetup</c>, and that of
/// connections in <see cref="ServerOptions"/>.
/// </summary>
internal static class ConnectionLimits
{
    /// <summary>The maximum length of the request line in bytes. Beyond it the answer is 414.</summary>
    public const int MaxRequestLine = 8 * 1024;

    /// <summary>The maximum size of the headers of a request in bytes. Beyond it the answer is 431.</summary>
    public const int MaxHeaders = 32 * 1024;

    /// <summary>The maximum number of headers of a request. Beyond it the answer is 431.</summary>
    public const int MaxHeaderCount = 100;

    /// <summary>The maximum number of HTTP/2 streams that a connection has open at once.</summary>
    public const int MaxStreams = 100;

    /// <summary>How long a client may take to send the request line and the headers.</summary>
    public static readonly TimeSpan HeaderTime = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a connection may be idle. Balancers close idle connections earlier (60 s at most by default),
    /// so a balancer never sends a request on a connection that the server is just closing.
    /// </summary>
    public static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(130);

    /// <summary>
    /// The slowest rate at which a client may send a body or receive a response, in bytes per second. The
    /// average counts, and only after <see cref="GraceTime"/>.
    /// </summary>
    public const double MinBytesPerSecond = 1024;

    public static readonly TimeSpan GraceTime = TimeSpan.FromSeconds(5);

    public static void Apply(KestrelServerLimits limits)
    {
        limits.MaxRequestLineSize = MaxRequestLine;
        limits.MaxRequestHeadersTotalSize = MaxHeaders;
        limits.MaxRequestHeaderCount = MaxHeaderCount;
        limits.RequestHeadersTimeout = HeaderTime;
        limits.KeepAliveTimeout = IdleTime;
        limits.MinRequestBodyDataRate = new MinDataRate(MinBytesPerSecond, GraceTime);
        limits.MinResponseDataRate = new MinDataRate(MinBytesPerSecond, GraceTime);
        limits.Http2.MaxStreamsPerConnection = MaxStreams;
        limits.Http2.MaxRequestHeaderFieldSize = MaxHeaders;
    }
}
