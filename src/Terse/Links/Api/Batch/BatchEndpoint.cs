using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Terse.Access;
using Terse.Domains;
using Terse.Web;

namespace Terse.Links;

/// <summary>
/// The HTTP endpoint that creates, changes and deletes many links with one request. Each item is answered
/// like a single request, and no item fails another one. The batch is not one transaction.
/// </summary>
internal static class BatchEndpoint
{
    /// <summary>The maximum number of items.</summary>
    public const int MaxItems = 1_000;

    /// <summary>The maximum size of the request body, in bytes.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>
    /// How many items run at the same time. The stores put so many creations or changes into few statements,
    /// and a batch leaves most of their queues to other requests.
    /// </summary>
    private const int MaxParallel = 128;

    private const string Body = "a JSON object with the list 'items'";

    public static async Task<Results<Ok<BatchResource>, Problem>> RunAsync(
        LinkCreator creator,
        LinkChanger changer,
        ILinkReader reader,
        DomainMap domains,
        CreationLimits limits,
        ILogger<BatchRun> logger,
        HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = MaxBytes;
        if (!LinkEndpoints.TryReadKey(context.Request, out var key, out var wrongKey))
            return wrongKey;
        var body = await JsonBody.ReadAsync(context.Request, LinkJson.Instance.BatchBody, Body);
        if (body.Items.ValueKind != JsonValueKind.Array || body.Items.GetArrayLength() is 0 or > MaxItems)
        {
            return Problem.Of(
                ProblemType.FieldInvalid, $"'items' must be a list of 1 to {MaxItems} items.", "items");
        }

        var run = new BatchRun(creator, changer, reader, domains, limits, logger, context, key);
        List<BatchRead> items = [.. body.Items.EnumerateArray().Select(run.Read)];
        var results = new BatchResult[items.Count];
        await RunAsync(run, items, results, context.RequestAborted);
        limits.WriteHeaders(context);
        return TypedResults.Ok(new BatchResource(results));
    }

    private static async Task RunAsync(
        BatchRun run, List<BatchRead> items, BatchResult[] results, CancellationToken cancellationToken)
    {
        var options = NewOptions(cancellationToken);
        var names = new IReadOnlyList<LinkName>[items.Count];
        await Parallel.ForEachAsync(Enumerable.Range(0, items.Count), options, async (index, token) =>
            names[index] = await run.FindNamesAsync(items[index], token));
        await Parallel.ForEachAsync(BatchOrder.Divide(names), options, async (chain, token) =>
        {
            foreach (var index in chain)
                results[index] = await run.RunAsync(items[index], index, token);
        });
    }

    private static ParallelOptions NewOptions(CancellationToken cancellationToken) => new()
    {
        MaxDegreeOfParallelism = MaxParallel,
        CancellationToken = cancellationToken,
    };
}
