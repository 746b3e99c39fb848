using Microsoft.AspNetCore.Http.HttpResults;
using Terse.Access;
using Terse.Web;

namespace Terse.Events;

/// <summary>The endpoints that list, create, change, test and delete webhooks.</summary>
internal static class WebhookEndpoints
{
    private const string Root = "/api/v1/webhooks";
    private const string Body = "a JSON object with the fields of a webhook";
    private const string RotationBody = "a JSON object with the field 'oldExpiresAt'";

    public static void MapWebhookEndpoints(this IEndpointRouteBuilder app)
    {
        var webhooks = app.MapGroup(Root).WithTags("webhooks").RequiresWithoutScope(Role.Admin);
        webhooks.MapGet("/", ListAsync).Describe(WebhookOperations.List);
        webhooks.MapPost("/", CreateAsync).Describe(WebhookOperations.Create);
        webhooks.MapGet("/{id}", ShowAsync).Describe(WebhookOperations.Show);
        webhooks.MapPatch("/{id}", ChangeAsync).Describe(WebhookOperations.Change);
        webhooks.MapPost("/{id}/rotate", RotateAsync).Describe(WebhookOperations.Rotate);
        webhooks.MapPost("/{id}/test", TestAsync).Describe(WebhookOperations.Test);
        webhooks.MapDelete("/{id}", DeleteAsync).Describe(WebhookOperations.Delete);
        webhooks.MapDeliveries();
    }

    private static async Task<Ok<WebhookListResource>> ListAsync(
        WebhookManager manager, TimeProvider time, HttpContext context)
    {
        var list = await manager.ListAsync(context.RequestAborted);
        var now = time.GetUtcNow();
        return TypedResults.Ok(
            new WebhookListResource([.. list.Select(webhook => WebhookResource.Of(webhook, now))]));
    }

    private static async Task<Results<Created<WebhookResource>, Problem>> CreateAsync(
        WebhookManager manager, TimeProvider time, HttpContext context)
    {
        var fields = await JsonBody.ReadAsync(
            context.Request, WebhookApiJson.Instance.WebhookFields, Body);
        var result = await manager.CreateAsync(
            fields, RequestInfo.Of(context).Actor, context.RequestAborted);
        return result is WebhookResult.Issued(var webhook)
            ? TypedResults.Created($"{Root}/{webhook.Id}", ShowIssued(webhook, time, context))
            : WebhookProblems.Of(result);
    }

    private static async Task<Results<Ok<WebhookResource>, Problem>> ShowAsync(
        string id, WebhookManager manager, TimeProvider time, HttpContext context) =>
        await manager.FindAsync(id, context.RequestAborted) is { } webhook
            ? TypedResults.Ok(Show(webhook, time, context))
            : WebhookProblems.NotFound();

    private static async Task<Results<Ok<WebhookResource>, Problem>> ChangeAsync(
        string id, WebhookManager manager, TimeProvider time, HttpContext context)
    {
        var change = await JsonBody.ReadAsync(
            context.Request, WebhookApiJson.Instance.WebhookChange, Body);
        if (!EntityTags.TryReadIfMatch(context.Request, out var versions))
            return EntityTags.RefuseIfMatch();
        var result = await manager.ChangeAsync(
            id, change, versions, RequestInfo.Of(context).Actor, context.RequestAborted);
        return result is WebhookResult.Stored(var webhook)
            ? TypedResults.Ok(Show(webhook, time, context))
            : WebhookProblems.Of(result);
    }

    private static async Task<Results<Ok<WebhookResource>, Problem>> RotateAsync(
        string id, WebhookManager manager, TimeProvider time, HttpContext context)
    {
        var rotation = context.Request.ContentType is null
            ? new()
            : await JsonBody.ReadAsync(context.Request, AccessJson.Instance.KeyRotation, RotationBody);
        if (KeyManager.ReadInstant("oldExpiresAt", rotation.OldExpiresAt, out var until) is { } wrong)
            return Problem.Of(ProblemType.FieldInvalid, wrong.Detail, wrong.Field);
        var result = await manager.RotateAsync(
            id, until, RequestInfo.Of(context).Actor, context.RequestAborted);
        return result is WebhookResult.Issued(var webhook)
            ? TypedResults.Ok(ShowIssued(webhook, time, context))
            : WebhookProblems.Of(result);
    }

    private static async Task<Results<Accepted<WebhookTestResource>, Problem>> TestAsync(
        string id, WebhookManager manager, HttpContext context)
    {
        var result = await manager.TestAsync(id, context.RequestAborted);
        return result is WebhookResult.Tested(var position)
            ? TypedResults.Accepted($"{Root}/{id}/deliveries", new WebhookTestResource(position.ToString()))
            : WebhookProblems.Of(result);
    }

    private static async Task<Results<NoContent, Problem>> DeleteAsync(
        string id, WebhookManager manager, HttpContext context) =>
        await manager.DeleteAsync(id, RequestInfo.Of(context).Actor, context.RequestAborted)
            is var result and not WebhookResult.Deleted
            ? WebhookProblems.Of(result)
            : TypedResults.NoContent();

    private static WebhookResource Show(Webhook webhook, TimeProvider time, HttpContext context)
    {
        context.Response.Headers.ETag = EntityTags.Of(webhook.Version, visits: null);
        return WebhookResource.Of(webhook, time.GetUtcNow());
    }

    private static WebhookResource ShowIssued(Webhook webhook, TimeProvider time, HttpContext context) =>
        Show(webhook, time, context) with { Secret = webhook.Secrets[0].Value };
}
