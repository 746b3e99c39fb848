using Microsoft.AspNetCore.Http.HttpResults;
using Terse.Access;
using Terse.Domains;
using Terse.Links;
using Terse.Web;

namespace Terse.Visits;

/// <summary>
/// The endpoints for visit counts and for lists of single visits, either of one link or of all links
/// together. The visits of a deleted link stay available until the link is erased.
/// </summary>
internal static class VisitEndpoints
{
    private const string AllLinks = "/api/v1/visits";
    private const string OfLink = "/api/v1/links/{code}/visits";

    public const int MaxPage = 1000;
    public const int DefaultPage = 100;

    public static void MapVisits(this IEndpointRouteBuilder app)
    {
        var ofAll = app.MapGroup(AllLinks).WithTags("visits").RequiresWithoutScope(Role.Viewer);
        ofAll.MapGet("", CountAsync).Describe(VisitOperations.Count);
        ofAll.MapGet("/list", ListAsync).Describe(VisitOperations.List);
        var ofLink = app.MapGroup(OfLink).WithTags("visits").Requires(Role.Viewer);
        ofLink.MapGet("", CountOfLinkAsync).Describe(VisitOperations.CountOfLink);
        ofLink.MapGet("/list", ListOfLinkAsync).Describe(VisitOperations.ListOfLink);
    }

    private static Task<Results<Ok<VisitsResource>, Problem>> CountAsync(
        VisitReport report, TimeProvider time, HttpContext context) =>
        ReportAsync(VisitRange.AllLinks, report, time, context);

    private static async Task<Results<Ok<VisitsResource>, Problem>> CountOfLinkAsync(
        string code,
        string? domain,
        ILinkReader links,
        DomainMap domains,
        VisitReport report,
        TimeProvider time,
        HttpContext context)
    {
        var (link, problem) = await FindAsync(code, domain, links, domains, context);
        return link is null ? problem! : await ReportAsync(link.Id.ToInt64(), report, time, context);
    }

    private static async Task<Results<Ok<VisitsResource>, Problem>> ReportAsync(
        long link, VisitReport report, TimeProvider time, HttpContext context)
    {
        var parameters = new QueryParameters(context.Request.Query, refusesEmpty: true);
        parameters.RejectUnknown(VisitQuery.Parameters);
        var query = VisitQuery.Read(parameters, time.GetUtcNow());
        if (link == VisitRange.AllLinks && query.By.Dimension == VisitDimension.Rule)
            parameters.Reject("by", "Visits are counted by 'rule' only for single links.");
        return parameters.Problem is { } problem
            ? problem
            : TypedResults.Ok(await report.CreateAsync(query, link, context.RequestAborted));
    }

    private static Task<Results<Ok<VisitListResource>, Problem>> ListAsync(
        IVisitReader visits, DomainMap domains, HttpContext context) =>
        ReadPageAsync(VisitRange.AllLinks, visits, domains, context);

    private static async Task<Results<Ok<VisitListResource>, Problem>> ListOfLinkAsync(
        string code,
        string? domain,
        ILinkReader links,
        DomainMap domains,
        IVisitReader visits,
        HttpContext context)
    {
        var (link, problem) = await FindAsync(code, domain, links, domains, context);
        return link is null ? problem! : await ReadPageAsync(link.Id.ToInt64(), visits, domains, context);
    }

    private static async Task<Results<Ok<VisitListResource>, Problem>> ReadPageAsync(
        long link, IVisitReader visits, DomainMap domains, HttpContext context)
    {
        var parameters = new QueryParameters(context.Request.Query, refusesEmpty: true);
        parameters.RejectUnknown(PageParameters);
        var page = ReadPage(parameters, link);
        if (parameters.Problem is { } problem)
            return problem;

        var list = await visits.ListAsync(page, context.RequestAborted);
        var host = RequestHost.Of(context);
        return TypedResults.Ok(new VisitListResource(
            [.. list.Visits.Select(visit => Show(visit, domains, host))],
            list.Next is { } next ? VisitParameters.WriteCursor(next) : null));
    }

    private static readonly string[] PageParameters =
        ["domain", "zone", "from", "to", "bots", "cursor", "limit"];

    /// <summary>
    /// Reads the query parameters of a list. Without a time range, the list contains all stored visits.
    /// </summary>
    private static VisitPage ReadPage(QueryParameters parameters, long link)
    {
        var zone = parameters.ReadZone("zone");
        var from = parameters.ReadInstant("from", zone) ?? DateTimeOffset.UnixEpoch;
        var to = parameters.ReadInstant("to", zone) ?? DateTimeOffset.UnixEpoch.AddYears(8000);
        if (from >= to)
            parameters.Reject("from", "'from' must be before 'to'.");
        return new(
            new(link, from, to),
            parameters.ReadFlag("bots"),
            parameters.ReadVisitPosition(),
            parameters.ReadLimit(MaxPage, DefaultPage));
    }

    private static async Task<(Link? Link, Problem? Problem)> FindAsync(
        string code, string? domain, ILinkReader links, DomainMap domains, HttpContext context)
    {
        if (!RequestedLink.TryRead(code, domain, domains, context, out var requested, out var problem))
            return (null, problem);
        return await LinkEndpoints.FindAsync(links, requested.Name, context) switch
        {
            null => (null, LinkProblems.NotFound(requested.DomainName)),
            { IsErased: true } => (null, LinkProblems.Deleted(isErased: true)),
            var link => (link, null),
        };
    }

    private static VisitResource Show(StoredVisit stored, DomainMap domains, string host) => new(
        stored.Visit.At.UtcDateTime,
        stored.Visit.Link.ToString("D"),
        domains.DisplayNameOf(stored.Domain, host),
        stored.Code,
        stored.Visit.IsBot,
        stored.Visit.Country,
        stored.Visit.Referrer,
        stored.Visit.Browser,
        stored.Visit.Os,
        stored.Visit.Device);
}
