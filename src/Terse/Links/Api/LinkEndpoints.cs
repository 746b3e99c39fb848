using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Terse.Domains;
using Terse.Hosting;
using Terse.Web;

namespace Terse.Links;

internal static class LinkEndpoints
{
    private const string Root = "/api/v1/links";

    /// <summary>
    /// Names a creation, so that it can be asked for again when its answer was lost
    /// (draft-ietf-httpapi-idempotency-key-header).
    /// </summary>
    private const string KeyHeader = "Idempotency-Key";

    /// <summary>Tells an answer to a retry from the first.</summary>
    private const string ReplayedHeader = "Idempotency-Replayed";

    private const string Body = "a JSON object with the field 'target' and, optionally, 'code', 'domain', "
        + "'expiresAt' and 'maxVisits'";

    public static void AddLinks(this IServiceCollection services)
    {
        services.AddOptions<LinkOptions>().BindConfiguration(LinkOptions.Section).ValidateOnStart();
        services.AddSingleton(new SettingsSection(LinkOptions.Section, LinkOptions.SettingNames));
        services.AddSingleton<IValidateOptions<LinkOptions>, LinkOptionsValidator>();
        services.AddJson(LinkJson.Instance);
        services.AddSingleton<BlockedHosts>();
        services.AddSingleton<TargetRules>();
        services.AddSingleton<LinkCreator>();
        services.AddSingleton<LinkChanger>();
    }

    public static void MapLinks(this IEndpointRouteBuilder app)
    {
        var links = app.MapGroup(Root).WithTags("links");
        links.MapPost("/", CreateAsync);
        links.MapGet("/{code}", GetAsync);
        links.MapPatch("/{code}", LinkChangeEndpoints.ChangeAsync);
        links.MapDelete("/{code}", LinkChangeEndpoints.DeleteAsync);
    }

    private static async Task<Results<Created<LinkResource>, Problem>> CreateAsync(
        LinkCreator creator, DomainMap domains, ILinkVisits visits, HttpContext context)
    {
        var keys = context.Request.Headers[KeyHeader];
        if (keys.Count > 1 || (keys.Count == 1 && !IdempotentRequest.IsKey(keys[0])))
        {
            return Problem.Of(
                ProblemType.IdempotencyKeyInvalid,
                $"The header {KeyHeader} is sent once, with 1 to {IdempotentRequest.MaxKeyLength} visible "
                + "characters of ASCII.",
                KeyHeader);
        }

        var link = await JsonBody.ReadAsync(context.Request, LinkJson.Instance.NewLink, Body);
        var (host, address) = (RequestHost.Of(context), RequestHost.AddressOf(context));
        switch (await creator.CreateAsync(link, keys, host, address, context.RequestAborted))
        {
            case CreateLinkResult.Created(var made, var isReplayed):
                if (made.DeletedAt is not null)
                    return LinkProblems.Deleted();
                if (isReplayed)
                    context.Response.Headers[ReplayedHeader] = "true";
                context.Response.Headers.ETag = EntityTags.Of(made.Version);
                return TypedResults.Created(
                    UrlOf(made, domains, host),
                    LinkResource.Of(made, domains, host, context.Request.Scheme) with
                    {
                        Visits = isReplayed ? await CountAsync(visits, made, context) : new(0, 0),
                    });
            case CreateLinkResult.Refused(var refusal):
                return LinkProblems.Of(refusal);
            case var other:
                throw new InvalidOperationException($"{other} is no result of a creation.");
        }
    }

    /// <summary>Shows a link of the named domain; without a name, of the one that the host picks.</summary>
    private static async Task<Results<Ok<LinkResource>, StatusCodeHttpResult, Problem>> GetAsync(
        string code,
        string? domain,
        ILinkReader links,
        DomainMap domains,
        ILinkVisits visits,
        HttpContext context)
    {
        var host = RequestHost.Of(context);
        if (!domains.TryPick(domain, host, out var key))
            return LinkProblems.UnknownDomain(domain);
        if (await FindAsync(links, new(key, code), context) is not { } link)
            return LinkProblems.NotFound(domains.DisplayNameOf(key, host));
        if (link.DeletedAt is not null)
            return LinkProblems.Deleted();
        context.Response.Headers.ETag = EntityTags.Of(link.Version);
        return EntityTags.IsCachedByClient(context.Request, link.Version)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(LinkResource.Of(link, domains, host, context.Request.Scheme) with
            {
                Visits = await CountAsync(visits, link, context),
            });
    }

    /// <summary>A link is shown without its visits rather than not at all.</summary>
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

    /// <summary>Who knows of a change, and says so, sees it.</summary>
    private static async ValueTask<Link?> FindAsync(
        ILinkReader links, LinkName name, HttpContext context)
    {
        if (!CustomCode.CouldBeCode(name.Code))
            return null;
        return context.Request.Headers.ContainsKey(LinkChangeEndpoints.ChangedAtHeader)
            ? await links.FindLatestAsync(name, context.RequestAborted)
            : await links.FindAsync(name, context.RequestAborted);
    }

    private static string UrlOf(Link link, DomainMap domains, string host) =>
        link.Domain == domains.DomainOfHost(host)
            ? $"{Root}/{link.Code}"
            : $"{Root}/{link.Code}?domain={Uri.EscapeDataString(domains.DisplayNameOf(link.Domain, host))}";
}
