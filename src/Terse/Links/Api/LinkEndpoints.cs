using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http.HttpResults;
using Terse.Access;
using Terse.Domains;
using Terse.Hosting;
using Terse.Web;

namespace Terse.Links;

/// <summary>
/// The HTTP endpoints that create and read links. <see cref="LinkChangeEndpoints"/> contains the endpoints
/// that change and delete links.
/// </summary>
internal static class LinkEndpoints
{
    private const string Root = "/api/v1/links";

    /// <summary>
    /// The request header with the idempotency key, which identifies a creation
    /// (draft-ietf-httpapi-idempotency-key-header). If a client did not receive the response, it can repeat
    /// the request with the same key, and no second link is created.
    /// </summary>
    private const string KeyHeader = "Idempotency-Key";

    /// <summary>
    /// The response header that tells the client that an earlier request with the same idempotency key
    /// created the link.
    /// </summary>
    private const string ReplayedHeader = "Idempotency-Replayed";

    /// <summary>
    /// The value of the query parameter <c>ifExists</c> with which a link that exists already is returned.
    /// </summary>
    public const string ReturnExisting = "return";

    private const string Body =
        "a JSON object with the field 'target' and, optionally, other fields of a link";

    public static void MapLinks(this IEndpointRouteBuilder app)
    {
        var readable = app.MapGroup(Root).WithTags("links").Requires(Role.Viewer);
        readable.MapGet("/", ListEndpoints.ListAsync)
            .WithMetadata(new RepeatableParameters("tag", "anyTag", "noTag"))
            .Describe(ListOperations.List);
        readable.MapGet("/{code}", GetAsync).Describe(LinkOperations.Get);
        readable.MapGet("/{code}/qr.svg", QrEndpoints.GetSvgAsync).Describe(LinkOperations.QrSvg);
        readable.MapGet("/{code}/qr.png", QrEndpoints.GetPngAsync).Describe(LinkOperations.QrPng);

        // LinkAccess limits creators to the links that they created.
        var writable = app.MapGroup(Root).WithTags("links").Requires(Role.Creator);
        writable.MapPost("/", CreateAsync).Describe(LinkOperations.Create);
        writable.MapPost("/batch", BatchEndpoint.RunAsync).Describe(LinkOperations.Batch);
        writable.MapPatch("/{code}", LinkChangeEndpoints.ChangeAsync).Describe(LinkOperations.Change);
        writable.MapDelete("/{code}", LinkChangeEndpoints.DeleteAsync).Describe(LinkOperations.Delete);
        writable.MapPost("/{code}/restore", LinkChangeEndpoints.RestoreAsync)
            .Describe(LinkOperations.Restore);

        // It also empties the audit of the link.
        writable.MapPost("/{code}/erase", LinkChangeEndpoints.EraseAsync)
            .Describe(LinkOperations.Erase)
            .Requires(Role.Editor);
        app.MapTags();
        app.MapDomains();
        app.MapBlocks();
        app.MapReports();
    }

    private static async Task<Results<Created<LinkResource>, Ok<LinkResource>, Problem>> CreateAsync(
        string? ifExists,
        LinkCreator creator,
        DomainMap domains,
        ILinkVisits visits,
        CreationLimits limits,
        HttpContext context)
    {
        if (ifExists is not (null or ReturnExisting))
        {
            return Problem.Of(
                ProblemType.QueryInvalid, $"'ifExists' must be '{ReturnExisting}', or absent.", "ifExists");
        }

        if (!TryReadKey(context.Request, out var key, out var wrongKey))
            return wrongKey;
        var tooMany = limits.Take(context, out var wait);
        limits.WriteHeaders(context);
        if (tooMany is not null)
        {
            LimitProblems.WriteRetryAfter(context.Response, wait);
            return tooMany;
        }

        var link = await JsonBody.ReadAsync(context.Request, LinkJson.Instance.NewLink, Body);
        var from = RequestInfo.Of(context);
        var origin = from.Origin;
        var returnsExisting = ifExists is not null;
        switch (await creator.CreateAsync(link, key, returnsExisting, from, context.RequestAborted))
        {
            case CreateLinkResult.Existing(var existing):
                var sum = await CountAsync(visits, existing, context);
                context.Response.Headers.ETag = EntityTags.Of(existing.Version, sum?.Total);
                return TypedResults.Ok(
                    LinkResource.Of(existing, domains, origin) with { Visits = sum });
            case CreateLinkResult.Created(var created, var isReplayed):
                if (created.DeletedAt is not null)
                    return LinkProblems.Deleted();
                if (isReplayed)
                    context.Response.Headers[ReplayedHeader] = "true";
                var counted = isReplayed ? await CountAsync(visits, created, context) : new(0, 0);
                context.Response.Headers.ETag = EntityTags.Of(created.Version, counted?.Total);
                return TypedResults.Created(
                    UrlOf(created, domains, origin),
                    LinkResource.Of(created, domains, origin) with
                    {
                        Visits = counted,
                    });
            case CreateLinkResult.Refused(var refusal):
                return LinkProblems.Of(refusal);
            case var other:
                throw new InvalidOperationException($"{other} is not a known result of a creation.");
        }
    }

    /// <summary>Reads the idempotency key of a request; null if the request has none.</summary>
    public static bool TryReadKey(
        HttpRequest request, out string? key, [NotNullWhen(false)] out Problem? problem)
    {
        var keys = request.Headers[KeyHeader];
        (key, problem) = (keys, null);
        if (keys.Count == 0 || (keys.Count == 1 && IdempotentRequest.IsKey(keys[0])))
            return true;
        problem = Problem.Of(
            ProblemType.IdempotencyKeyInvalid,
            $"The header {KeyHeader} is invalid; send it once, with 1 to "
            + $"{IdempotentRequest.MaxKeyLength} visible ASCII characters.",
            KeyHeader);
        return false;
    }

    private static async Task<Results<Ok<LinkResource>, StatusCodeHttpResult, Problem>> GetAsync(
        string code,
        string? domain,
        ILinkReader links,
        DomainMap domains,
        ILinkVisits visits,
        HttpContext context)
    {
        if (!RequestedLink.TryRead(code, domain, domains, context, out var requested, out var problem))
            return problem;
        if (await FindAsync(links, requested.Name, context) is not { } link)
            return LinkProblems.NotFound(requested.DomainName);
        if (link.DeletedAt is not null)
            return LinkProblems.Deleted(link.IsErased);
        var counted = await CountAsync(visits, link, context);
        var tag = EntityTags.Of(link.Version, counted?.Total);
        context.Response.Headers.ETag = tag;
        context.Response.Headers.CacheControl = "no-cache";
        return EntityTags.IsCachedByClient(context.Request, tag)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(LinkResource.Of(link, domains, requested.Origin) with
            {
                Visits = counted,
            });
    }

    /// <summary>
    /// Reads the number of visits of a link. Returns null if the store is unavailable, so that the client
    /// still gets the link, without its visits.
    /// </summary>
    private static async Task<LinkVisits?> CountAsync(ILinkVisits visits, Link link, HttpContext context)
    {
        try
        {
            var sum = await visits.ReadTotalAsync(link.Id, context.RequestAborted);
            return new(sum.Visits + sum.Bots, sum.Bots);
        }
        catch (StoreUnavailableException)
        {
            return null;
        }
    }

    /// <summary>
    /// Finds the link that a request names. The result is null if the link does not exist for the caller
    /// (<see cref="LinkAccess.MaySee"/>). A client that knows of a change of the link sends the header
    /// <c>Terse-Changed-At</c>. In this case, the link is read from the primary, because a replica may not
    /// contain the change yet.
    /// </summary>
    internal static async ValueTask<Link?> FindAsync(
        ILinkReader links, LinkName name, HttpContext context)
    {
        if (!CustomCode.CouldBeCode(name.Code))
            return null;
        var link = context.Request.Headers.ContainsKey(LinkChangeEndpoints.ChangedAtHeader)
            ? await links.FindLatestAsync(name, context.RequestAborted)
            : await links.FindAsync(name, context.RequestAborted);
        return link is not null && Caller.Of(context).MaySee(link) ? link : null;
    }

    private static string UrlOf(Link link, DomainMap domains, RequestOrigin origin)
    {
        var url = $"{origin.Prefix}{Root}/{Uri.EscapeDataString(LinkCodes.Current(link))}";
        return link.Domain == domains.DomainOfHost(origin.Host)
            ? url
            : $"{url}?domain={Uri.EscapeDataString(domains.DisplayNameOf(link.Domain, origin.Host))}";
    }
}
