using Microsoft.AspNetCore.Http.HttpResults;
using Terse.Access;
using Terse.Web;

namespace Terse.Events;

/// <summary>The endpoints that list the deliveries of a webhook, and send them once more.</summary>
internal static class DeliveryEndpoints
{
    private const string Body = "a JSON object that says which deliveries to replay";

    public static void MapDeliveries(this IEndpointRouteBuilder webhooks)
    {
        webhooks.MapGet("/{id}/deliveries", ListAsync).Describe(DeliveryOperations.List);
        webhooks.MapPost("/{id}/deliveries/{event}/replay", ReplayOneAsync)
            .Describe(DeliveryOperations.ReplayOne);
        webhooks.MapPost("/{id}/replay", ReplayAsync).Describe(DeliveryOperations.Replay);
    }

    private static async Task<Results<Ok<DeliveryListResource>, Problem>> ListAsync(
        string id, WebhookManager manager, IDeliveryLog log, HttpContext context)
    {
        var parameters = new QueryParameters(context.Request.Query);
        parameters.RejectUnknown("state", "from", "until", "cursor", "limit");
        var query = new DeliveryQuery(
            id,
            parameters.ReadChoice("state", DeliveryStates.All, byDefault: null),
            From: parameters.ReadTime("from"),
            Until: parameters.ReadTime("until"));
        var before = ReadCursor(parameters);
        var limit = parameters.ReadLimit();
        if (parameters.Problem is { } problem)
            return problem;
        if (await manager.FindAsync(id, context.RequestAborted) is null)
            return WebhookProblems.NotFound();
        var page = await log.ListAsync(query, before, limit + 1, context.RequestAborted);
        var shown = page.Take(limit).ToList();
        return TypedResults.Ok(new DeliveryListResource(
            shown.ConvertAll(DeliveryResource.Of),
            page.Count > limit ? shown[^1].Event.ToString() : null));
    }

    private static async Task<Results<Ok<ReplayResource>, Problem>> ReplayOneAsync(
        string id, string @event, DeliveryReplay replay, HttpContext context) =>
        EventPosition.TryParse(@event, out var position)
            ? Show(await replay.ReplayOneAsync(id, position, context.RequestAborted))
            : WebhookProblems.DeliveryNotFound();

    private static async Task<Results<Ok<ReplayResource>, Problem>> ReplayAsync(
        string id, DeliveryReplay replay, HttpContext context)
    {
        var request = await JsonBody.ReadAsync(
            context.Request, WebhookApiJson.Instance.ReplayRequest, Body);
        if (!TryReadState(request.State, out var state))
        {
            return Problem.Of(
                ProblemType.FieldInvalid, "'state' must be 'dead' or 'delivered', or absent.", "state");
        }

        if (KeyManager.ReadInstant("from", request.From, out var from) is { } wrongFrom)
            return Problem.Of(ProblemType.FieldInvalid, wrongFrom.Detail, wrongFrom.Field);
        if (KeyManager.ReadInstant("until", request.Until, out var until) is { } wrongUntil)
            return Problem.Of(ProblemType.FieldInvalid, wrongUntil.Detail, wrongUntil.Field);
        var query = new DeliveryQuery(id, state, From: from, Until: until);
        return Show(await replay.ReplayAsync(query, context.RequestAborted));
    }

    /// <remarks>A delivery that waits is sent in any case.</remarks>
    private static bool TryReadState(string? text, out DeliveryState? state)
    {
        state = DeliveryStates.All.FirstOrDefault(known => known.Name == text).Value;
        return text is null || state is DeliveryState.Delivered or DeliveryState.Dead;
    }

    private static Results<Ok<ReplayResource>, Problem> Show(WebhookResult result) =>
        result is WebhookResult.Replayed(var count, var hasMore)
            ? TypedResults.Ok(new ReplayResource(count, hasMore))
            : WebhookProblems.Of(result);

    private static EventPosition? ReadCursor(QueryParameters parameters)
    {
        if (parameters.Text("cursor") is not { } text)
            return null;
        if (EventPosition.TryParse(text, out var position))
            return position;
        parameters.RejectCursor();
        return null;
    }
}
