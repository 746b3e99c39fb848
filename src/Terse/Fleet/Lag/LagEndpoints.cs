using Microsoft.AspNetCore.Http.HttpResults;
using Terse.Access;
using Terse.Hosting;
using Terse.Web;

namespace Terse.Fleet;

/// <summary>Shows how far the replicas lagged behind the primary.</summary>
internal static class LagEndpoints
{
    public const string Path = $"{FleetEndpoints.Path}/lag";

    private static readonly TimeSpan DefaultPeriod = TimeSpan.FromDays(7);

    private static readonly Operation Show = new(
        "showLag",
        "Show how far the replicas lagged",
        "The servers measure the lag of each replica once a second, and store the longest lag of each "
        + "minute for 90 days. `p50` and `p99` are percentiles of these minutes. `beyond` contains, for each "
        + "of the `bounds`, for how long the lag was longer. All numbers are seconds.")
    {
        Parameters =
        [
            new(
                "since",
                "The start of the period: days before now such as `7d`, hours such as `12h`, or an instant "
                + "with an offset from UTC. Default: `7d`.")
            {
                Example = "30d",
            },
        ],
        Answers = [new(200, "The lag of each replica, in the whole period and by day.", typeof(LagResource))],
    };

    public static void MapLag(this IEndpointRouteBuilder app) =>
        app.MapGet(Path, ShowAsync).WithTags("fleet").RequiresWithoutScope(Role.Admin).Describe(Show);

    private static async Task<Results<Ok<LagResource>, Problem>> ShowAsync(
        ILagStore store, TimeProvider time, HttpContext context)
    {
        var parameters = new QueryParameters(context.Request.Query, refusesEmpty: true);
        parameters.RejectUnknown("since");
        var since = ReadSince(parameters, time.GetUtcNow());
        return parameters.Problem is { } problem
            ? problem
            : TypedResults.Ok(new LagResource(
                since.UtcDateTime, LagBounds.Seconds, await store.ReadAsync(since, context.RequestAborted)));
    }

    private static DateTimeOffset ReadSince(QueryParameters parameters, DateTimeOffset now)
    {
        if (parameters.TimeText("since") is not { } text)
            return now - DefaultPeriod;
        if (DurationText.TryParse(text, out var duration))
            return now - duration;
        if (InstantText.TryParse(text, out var instant))
            return instant;
        parameters.Reject("since", $"'since' must be like 7d, like 12h, or {InstantText.Expected}.");
        return now;
    }
}
