using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Options;
using Terse.Access;
using Terse.Hosting;
using Terse.Web;

namespace Terse.Events;

/// <summary>Opens live streams.</summary>
internal sealed class EventStreams(
    EventTail tail,
    IEventLog log,
    Authenticator authenticator,
    Drain drain,
    StreamMetrics metrics,
    IOptions<EventOptions> options,
    TimeProvider time)
{
    /// <summary>
    /// How far a position may be after the end of the log that this server reads: its host may lag behind the
    /// host of another server.
    /// </summary>
    private static readonly TimeSpan MaxAhead = TimeSpan.FromMinutes(10);

    /// <summary>Finds the position at which a stream begins.</summary>
    /// <param name="after">The last id of the client; null to begin at the present end.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="StoreUnavailableException">The log cannot be read.</exception>
    public async Task<(EventPosition Start, Problem? Problem)> FindStartAsync(
        EventPosition? after, CancellationToken cancellationToken)
    {
        if (drain.HasBegun)
            return (default, null); // The stream only sends when to connect again.
        var end = (await log.ReadAsync(after: null, limit: 1, cancellationToken)).End;
        if (after is { } old && old < end && EventStream.IsExpired(old, options.Value, time))
        {
            return (default, Problem.Of(
                ProblemType.EventsExpired,
                $"Events are kept for {options.Value.Retention.TotalDays:0.##} days, and 'Last-Event-ID' is "
                + "older. Read the links again, then the events from now on, without 'Last-Event-ID'.",
                EventParameters.LastId));
        }

        if (after is { } start && start.Time - end.Time > MaxAhead)
        {
            return (default, Problem.Of(
                ProblemType.QueryInvalid,
                "'Last-Event-ID' is later than the newest event: it comes from another database, or this one "
                + "was set back. Read the links again, then the events without it.",
                EventParameters.LastId));
        }

        return (after ?? end, null);
    }

    /// <summary>Sends a stream as the response.</summary>
    public async Task SendAsync(EventFilter filter, EventPosition start, HttpContext context)
    {
        using var reader = tail.TryJoin(start, options.Value.MaxStreams);
        if (reader is null)
        {
            metrics.CountRefused();
            await Problem.Of(
                ProblemType.Overloaded,
                $"This server sends {options.Value.MaxStreams} streams already; retry later.")
                .ExecuteAsync(context);
            return;
        }

        Prepare(context);
        var stream = new EventStream(
            reader,
            filter,
            Caller.Of(context),
            token => authenticator.RecheckAsync(context, token),
            options.Value,
            drain,
            time);
        var writer = new SseWriter(context.Response.BodyWriter, drain, time);
        var end = await stream.RunAsync(writer, context.RequestAborted);
        metrics.CountSent(stream.Sent);
        metrics.CountEnded(end);
        if (end == StreamEnd.Slow)
            context.Abort();
    }

    private static void Prepare(HttpContext context)
    {
        var response = context.Response;
        response.ContentType = "text/event-stream";
        response.Headers["X-Accel-Buffering"] = "no"; // nginx would keep back events.
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();

        // SseWriter measures how long the client takes. With HTTP/2, the connection keeps its rate.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
    }
}

/// <summary>A response that is a live stream.</summary>
internal sealed class EventStreamResult(EventStreams streams, EventFilter filter, EventPosition start)
    : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) => streams.SendAsync(filter, start, httpContext);
}
