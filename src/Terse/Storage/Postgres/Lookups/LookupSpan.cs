using System.Diagnostics;
using Terse.Horizon;

namespace Terse.Storage.Postgres;

/// <summary>Describes in a span how a lookup of a link was decided.</summary>
internal static class LookupSpan
{
    /// <param name="span">The span; null if the request is not recorded.</param>
    /// <param name="result">The final result.</param>
    /// <param name="now">The present time.</param>
    public static void Complete(Activity? span, LookupResult result, DateTimeOffset now)
    {
        if (span is null)
            return;
        span.SetHost(result.Host, result.IsReplica ? HostRole.Replica : HostRole.Primary);
        span.SetTag("terse.lookup.outcome", LookupMetrics.OutcomeOf(result));
        span.SetTag("terse.lookup.found", result.Link is not null);
        span.SetTag("terse.host.horizon.age", (now - result.ClosedAt).TotalSeconds);
    }
}
