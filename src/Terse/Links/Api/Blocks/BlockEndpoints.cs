using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Terse.Access;
using Terse.Web;

namespace Terse.Links;

/// <summary>The endpoints that list, add and remove blocked hosts.</summary>
internal static class BlockEndpoints
{
    public const string Root = "/api/v1/blocks";

    private const string Body = "a JSON object with the field 'host'";

    public static void MapBlocks(this IEndpointRouteBuilder app)
    {
        var blocks = app.MapGroup(Root).WithTags("blocks").RequiresWithoutScope(Role.Admin);
        blocks.MapGet("/", ListAsync).Describe(BlockOperations.List);
        blocks.MapPost("/", AddAsync).Describe(BlockOperations.Add);
        blocks.MapGet("/{host}", ShowAsync).Describe(BlockOperations.Show);
        blocks.MapDelete("/{host}", RemoveAsync).Describe(BlockOperations.Remove);
    }

    /// <remarks>The list contains the blocks in the database, not those in the file.</remarks>
    private static async Task<Results<Ok<BlockListResource>, Problem>> ListAsync(
        IBlockStore store, HttpContext context)
    {
        var parameters = new QueryParameters(context.Request.Query);
        parameters.RejectUnknown("cursor", "limit");
        var before = parameters.ReadNumberCursor();
        var limit = parameters.ReadLimit();
        if (parameters.Problem is { } problem)
            return problem;
        var page = await store.ListAsync(before, limit + 1, context.RequestAborted);
        var shown = page.Take(limit).ToList();
        return TypedResults.Ok(new BlockListResource(
            shown.ConvertAll(BlockResource.Of),
            page.Count > limit ? shown[^1].Id.ToString(CultureInfo.InvariantCulture) : null));
    }

    /// <remarks>A host that is blocked already gets the new fields; this answers 200.</remarks>
    private static async Task<Results<Created<BlockResource>, Ok<BlockResource>, Problem>> AddAsync(
        BlockChanger changer, HttpContext context)
    {
        var fields = await JsonBody.ReadAsync(context.Request, LinkJson.Instance.BlockFields, Body);
        var (result, refusal) = await changer.AddAsync(
            fields, RequestInfo.Of(context).Actor, context.RequestAborted);
        if (result?.Stored is not { } block)
            return LinkProblems.Of(refusal!);
        var resource = BlockResource.Of(block);
        return result.IsNew ? TypedResults.Created(resource.Url, resource) : TypedResults.Ok(resource);
    }

    private static async Task<Results<Ok<BlockResource>, Problem>> ShowAsync(
        string host, BlockChanger changer, HttpContext context) =>
        await changer.FindAsync(host, context.RequestAborted) is { } block
            ? TypedResults.Ok(BlockResource.Of(block))
            : NotFound(host);

    private static async Task<Results<NoContent, Problem>> RemoveAsync(
        string host, BlockChanger changer, HttpContext context) =>
        await changer.RemoveAsync(host, RequestInfo.Of(context).Actor, context.RequestAborted)
            ? TypedResults.NoContent()
            : NotFound(host);

    private static Problem NotFound(string host) => Problem.Of(
        ProblemType.BlockNotFound,
        $"'{Refusal.Shorten(host)}' has no block of its own in the database; a block of a parent domain, a "
        + "pattern or the file Blocks:File may include it.",
        "host");
}
