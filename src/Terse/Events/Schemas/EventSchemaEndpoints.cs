using Microsoft.AspNetCore.Http.HttpResults;
using Terse.Access;
using Terse.Web;

namespace Terse.Events;

/// <summary>The endpoints that show the JSON Schemas of events.</summary>
internal static class EventSchemaEndpoints
{
    private const string Path = EventEndpoints.Path + "/schemas";
    private const string MediaType = "application/schema+json";

    public static void MapEventSchemas(this IEndpointRouteBuilder app)
    {
        var schemas = app.MapGroup(Path).WithTags("events").Requires(Role.Viewer);
        schemas.MapGet("", List).Describe(EventSchemaOperations.List);
        schemas.MapGet("/{type}", Show).Describe(EventSchemaOperations.Show);
    }

    private static Results<Ok<EventSchemaListResource>, Problem> List(HttpContext context)
    {
        var parameters = new QueryParameters(context.Request.Query);
        parameters.RejectUnknown();
        return parameters.Problem is { } problem
            ? problem
            : TypedResults.Ok(new EventSchemaListResource([.. EventTypes.All.Select(type =>
                new EventSchemaResource(type, CloudEvent.TypeOf(type), $"{Path}/{type}"))]));
    }

    private static Results<ContentHttpResult, Problem> Show(string type) =>
        EventTypes.All.Contains(type, StringComparer.Ordinal)
            ? TypedResults.Text(EventSchemas.DocumentOf(type).ToJsonString(), MediaType)
            : Problem.Of(
                ProblemType.PathNotFound,
                $"There is no type of events with this name; GET {Path} lists all types.",
                "type");
}
