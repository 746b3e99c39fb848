using Terse.Hosting;
using Terse.Web;

namespace Terse.Access;

/// <summary>
/// Logs which requests of the API are refused, with the id of the key and never with its secret. The number
/// of lines is bounded for each client and for all clients together, so that a flood of wrong keys does not
/// fill the log. One client cannot hide the refusals of others; a flood from many addresses can. The log then
/// contains how many refusals it omits. Safe for use by any number of threads.
/// </summary>
internal sealed partial class RefusalLog(TimeProvider time, ILogger<RefusalLog> logger)
{
    /// <summary>
    /// How many lines one client can cause at once. They come back within a minute, so that a minute has at
    /// most twice as many.
    /// </summary>
    public const int LinesPerClient = 10;

    /// <summary>How many lines all clients together can cause at once.</summary>
    public const int Lines = 100;

    private readonly RateTable _clients = new(LinesPerClient, LimitSetup.Window, time);
    private readonly RateTable _all = new(Lines, LimitSetup.Window, time);
    private long _omitted;

    /// <summary>Logs that a request is refused, or counts the refusal if there are too many.</summary>
    /// <param name="context">The request.</param>
    /// <param name="status">The status of the response.</param>
    /// <param name="reason">Why the request is refused. Contains nothing that the client has sent.</param>
    /// <param name="keyId">The id of the key; null if it is unknown.</param>
    public void Write(HttpContext context, int status, string reason, string? keyId)
    {
        if (!_clients.TryTake(LimitedClient.OfAddress(ClientAddress.Of(context)), out _)
            || !_all.TryTake(default, out _))
        {
            Interlocked.Increment(ref _omitted);
            return;
        }

        if (Interlocked.Exchange(ref _omitted, 0) is > 0 and var omitted)
            LogOmitted(omitted);
        LogRefused(context.Request.Method, RequestSpan.RouteOf(context), status, reason, keyId ?? "none");
    }

    [LoggerMessage(
        910,
        LogLevel.Information,
        "The request {Method} {Operation} was refused with status {Status}: {Reason} (key: {KeyId}).")]
    private partial void LogRefused(
        string method, string? operation, int status, string reason, string keyId);

    [LoggerMessage(
        911,
        LogLevel.Information,
        "{Count} refused requests were not logged, because there were too many within a minute.")]
    private partial void LogOmitted(long count);
}
