using Microsoft.AspNetCore.Http.HttpResults;
using Terse.Hosting;
using Terse.Web;

namespace Terse.Access;

/// <summary>The endpoints that list, create, rotate and revoke API keys.</summary>
internal static class KeyEndpoints
{
    private const string Root = "/api/v1/keys";
    private const string Body = "a JSON object with the fields of a key";

    public static void MapAccess(this IEndpointRouteBuilder app)
    {
        var keys = app.MapGroup(Root).WithTags("keys").RequiresWithoutScope(Role.Admin);
        keys.MapGet("/", ListAsync).Describe(KeyOperations.List);
        keys.MapPost("/", CreateAsync).Describe(KeyOperations.Create);
        keys.MapGet("/{id}", ShowAsync).Describe(KeyOperations.Show);
        keys.MapPost("/{id}/rotate", RotateAsync).Describe(KeyOperations.Rotate);
        keys.MapDelete("/{id}", RevokeAsync).Describe(KeyOperations.Revoke);
        app.MapAudit();
    }

    private static async Task<Ok<KeyListResource>> ListAsync(
        KeyManager keys, TimeProvider time, HttpContext context)
    {
        var list = await keys.ListAsync(context.RequestAborted);
        var now = time.GetUtcNow();
        return TypedResults.Ok(new KeyListResource([.. list.Select(key => KeyResource.Of(key, now))]));
    }

    private static async Task<Results<Ok<KeyResource>, Problem>> ShowAsync(
        string id, KeyManager keys, TimeProvider time, HttpContext context) =>
        await keys.FindAsync(id, context.RequestAborted) is { } key
            ? TypedResults.Ok(KeyResource.Of(key, time.GetUtcNow()))
            : NotFound();

    private static async Task<Results<Created<KeyResource>, Problem>> CreateAsync(
        KeyManager keys, KeyLoader loader, TimeProvider time, HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context.Request, AccessJson.Instance.KeyRequest, Body);
        var result = await keys.CreateAsync(
            request, RequestInfo.Of(context).Actor, context.RequestAborted);
        if (result is not KeyResult.Issued(var key, var text))
            return Explain(result);
        // The first key ends the access without a key on this server before the client has its response.
        await BackgroundLoop.TryAsync(loader.ReadAsync, static _ => { }, context.RequestAborted);
        return TypedResults.Created(
            $"{Root}/{key.Id}", KeyResource.Of(key, time.GetUtcNow()) with { Key = text.Reveal() });
    }

    private static async Task<Results<Ok<KeyResource>, Problem>> RotateAsync(
        string id, KeyManager keys, TimeProvider time, HttpContext context)
    {
        var rotation = context.Request.ContentType is null
            ? new()
            : await JsonBody.ReadAsync(context.Request, AccessJson.Instance.KeyRotation, Body);
        if (KeyManager.ReadInstant("oldExpiresAt", rotation.OldExpiresAt, out var until) is { } wrong)
            return Explain(wrong);
        var result = await keys.RotateAsync(
            id, until, RequestInfo.Of(context).Actor, context.RequestAborted);
        if (result is not KeyResult.Issued(var key, var text))
            return Explain(result);
        return TypedResults.Ok(KeyResource.Of(key, time.GetUtcNow()) with { Key = text.Reveal() });
    }

    private static async Task<Results<NoContent, Problem>> RevokeAsync(
        string id, KeyManager keys, HttpContext context) =>
        await keys.RevokeAsync(id, RequestInfo.Of(context).Actor, context.RequestAborted)
            is var result and not KeyResult.Revoked
            ? Explain(result)
            : TypedResults.NoContent();

    private static Problem Explain(KeyResult result) => result switch
    {
        KeyResult.Refused(var field, var detail) => Problem.Of(ProblemType.FieldInvalid, detail, field),
        _ => NotFound(),
    };

    private static Problem NotFound() => Problem.Of(
        ProblemType.KeyNotFound, "No key that works has this id.", "id");
}
