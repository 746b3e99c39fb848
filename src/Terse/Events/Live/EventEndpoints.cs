using Microsoft.AspNetCore.Http.HttpResults;
using Terse.Access;
using Terse.Domains;
using Terse.Web;

namespace Terse.Events;

/// <summary>The endpoint that sends events live.</summary>
internal static class EventEndpoints
{
    public const string Path = "/api/v1/events";

    public static void MapEventStream(this IEndpointRouteBuilder app) =>
        app.MapGroup(Path).WithTags("events").Requires(Role.Viewer)
            .MapGet("", StreamAsync)
            .WithMetadata(
                new EndlessResponse(),
                new RepeatableParameters(
                    EventParameters.Types,
                    EventParameters.Domains,
                    EventParameters.Tags,
                    EventParameters.Links))
            .Describe(EventOperations.Stream);

    private static async Task<Results<EventStreamResult, Problem>> StreamAsync(
        EventStreams streams, DomainMap domains, HttpContext context)
    {
        var parameters = new QueryParameters(context.Request.Query);
        var filter = parameters.ReadEventFilter(
            domains, RequestHost.Of(context), Caller.Of(context).Scope.Domains.Count > 0);
        var after = parameters.ReadLastId(context.Request.Headers);
        if (parameters.Problem is { } invalid)
            return invalid;
        var (start, problem) = await streams.FindStartAsync(after, context.RequestAborted);
        return problem is not null ? problem : new EventStreamResult(streams, filter, start);
    }
}
