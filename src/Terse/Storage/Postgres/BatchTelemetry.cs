using System.Diagnostics;
using System.Diagnostics.Metrics;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>
/// Measures the statements that answer several calls, and records them as spans. A statement runs outside of
/// the requests that wait for it: its span has the first recorded request as its parent, and links to the
/// others. Without a recorded request there is no span.
/// </summary>
internal static class BatchTelemetry
{
#pragma warning disable CA2000 // Lives as long as the process.
    private static readonly Meter Meter = new(Telemetry.Meter);
#pragma warning restore CA2000

    private static readonly Counter<long> Statements = Meter.CreateCounter<long>(
        "terse.batch.statements", "{statement}", "Statements that answered waiting calls.");

    private static readonly Counter<long> Calls = Meter.CreateCounter<long>(
        "terse.batch.calls", "{call}", "Calls that these statements answered.");

    /// <summary>Makes the series of a batch begin at 0.</summary>
    public static void Register(string batch) => Count(batch, statements: 0, calls: 0);

    /// <summary>Counts a statement, and starts its span.</summary>
    /// <param name="batch">What the statement does, such as <c>creations</c>.</param>
    /// <param name="calls">The number of calls that the statement answers.</param>
    /// <param name="callers">The spans in which these calls were made.</param>
    public static Activity? Start(string batch, int calls, IEnumerable<ActivityContext> callers)
    {
        Count(batch, statements: 1, calls);
        if (!Telemetry.Spans.HasListeners())
            return null;
        var recorded = callers
            .Where(caller => caller.TraceFlags.HasFlag(ActivityTraceFlags.Recorded))
            .ToList();
        if (recorded.Count == 0)
            return null;
        var span = Telemetry.Spans.StartActivity(
            $"batch {batch}",
            ActivityKind.Internal,
            recorded[0],
            tags: null,
            recorded.Skip(1).Select(caller => new ActivityLink(caller)));
        span?.SetTag("terse.batch", batch);
        span?.SetTag("terse.batch.calls", calls);
        return span;
    }

    private static void Count(string batch, long statements, long calls)
    {
        var attribute = new KeyValuePair<string, object?>("terse.batch", batch);
        Statements.Add(statements, attribute);
        Calls.Add(calls, attribute);
    }
}
