using Microsoft.AspNetCore.Http.HttpResults;
using Terse.Access;
using Terse.Domains;
using Terse.Web;

namespace Terse.Links;

/// <summary>The endpoints that list, add, change and remove domains.</summary>
internal static class DomainEndpoints
{
    public const string Root = "/api/v1/domains";

    private const string Body = "a JSON object with the settings of a domain";

    public static void MapDomains(this IEndpointRouteBuilder app)
    {
        var domains = app.MapGroup(Root).WithTags("domains");
        domains.MapGet("/", ListAsync).Requires(Role.Viewer).Describe(DomainOperations.List);
        domains.MapGet("/{name}", ShowAsync).Requires(Role.Viewer).Describe(DomainOperations.Show);
        domains.MapPost("/", AddAsync).RequiresWithoutScope(Role.Admin).Describe(DomainOperations.Add);
        domains.MapPatch("/{name}", ChangeAsync).RequiresWithoutScope(Role.Admin)
            .Describe(DomainOperations.Change);
        domains.MapDelete("/{name}", RemoveAsync).RequiresWithoutScope(Role.Admin)
            .Describe(DomainOperations.Remove);
    }

    /// <remarks>
    /// The list shows what this server uses. Another server may know newer domains: by at most two seconds
    /// while this server reaches the primary.
    /// </remarks>
    private static Ok<DomainListResource> ListAsync(DomainMap map, HttpContext context)
    {
        var origin = RequestOrigin.Of(context);
        var table = map.Table;
        var scope = Caller.Of(context).Scope;
        var others = table.Others
            .Where(domain => domain.RemovedAt is null)
            .OrderBy(domain => domain.Name, StringComparer.Ordinal);
        var shown = others.Prepend(table.Default).Where(domain => scope.HasDomain(domain.Name));
        return TypedResults.Ok(new DomainListResource(
            [.. shown.Select(domain => DomainResource.Of(domain, origin))]));
    }

    private static Results<Ok<DomainResource>, Problem> ShowAsync(
        string name, DomainChanger changer, HttpContext context) =>
        changer.Find(name) is { RemovedAt: null } domain && Caller.Of(context).Scope.HasDomain(domain.Name)
            ? Show(domain, context)
            : NotFound(name);

    private static async Task<Results<Created<DomainResource>, Problem>> AddAsync(
        DomainChanger changer, HttpContext context)
    {
        var fields = await JsonBody.ReadAsync(context.Request, LinkJson.Instance.DomainFields, Body);
        var origin = RequestOrigin.Of(context);
        var result = await changer.AddAsync(fields, RequestInfo.Of(context), context.RequestAborted);
        if (result is not ChangeDomainResult.Changed(var domain))
            return Explain(result, fields.Name ?? "");
        var resource = DomainResource.Of(domain, origin);
        context.Response.Headers.ETag = EntityTags.Of(domain.Version, visits: null);
        return TypedResults.Created(resource.Url, resource);
    }

    private static async Task<Results<Ok<DomainResource>, Problem>> ChangeAsync(
        string name, DomainChanger changer, HttpContext context)
    {
        var fields = await JsonBody.ReadAsync(context.Request, LinkJson.Instance.DomainFields, Body);
        if (!EntityTags.TryReadIfMatch(context.Request, out var versions))
            return EntityTags.RefuseIfMatch();
        var result = await changer.ChangeAsync(
            name,
            fields,
            versions,
            RequestInfo.Of(context),
            context.RequestAborted);
        return result is ChangeDomainResult.Changed(var domain)
            ? Show(domain, context)
            : Explain(result, name);
    }

    private static async Task<Results<NoContent, Problem>> RemoveAsync(
        string name, DomainChanger changer, HttpContext context)
    {
        if (!EntityTags.TryReadIfMatch(context.Request, out var versions))
            return EntityTags.RefuseIfMatch();
        var result = await changer.RemoveAsync(
            name, versions, RequestInfo.Of(context), context.RequestAborted);
        return result is ChangeDomainResult.Changed ? TypedResults.NoContent() : Explain(result, name);
    }

    private static Ok<DomainResource> Show(Domain domain, HttpContext context)
    {
        context.Response.Headers.ETag = EntityTags.Of(domain.Version, visits: null);
        return TypedResults.Ok(DomainResource.Of(domain, RequestOrigin.Of(context)));
    }

    private static Problem Explain(ChangeDomainResult result, string name) => result switch
    {
        ChangeDomainResult.NotFound => NotFound(name),
        ChangeDomainResult.OtherVersion => EntityTags.RefuseVersion("domain"),
        ChangeDomainResult.NameTaken(var reason) => Problem.Of(ProblemType.DomainTaken, reason, "name"),
        ChangeDomainResult.DefaultUnnamed => Problem.Of(
            ProblemType.DefaultDomainUnnamed,
            "The default domain has no name, so its short URLs may use any host. Give it a name first: "
            + "'terse domains edit default --name HOST'.",
            "name"),
        ChangeDomainResult.Refused(var refusal) => LinkProblems.Of(refusal),
        _ => throw new InvalidOperationException($"{result} is not a known result of a change."),
    };

    private static Problem NotFound(string name) => Problem.Of(
        ProblemType.DomainNotFound, $"'{Refusal.Shorten(name)}' is not a domain of this server.", "name");
}
