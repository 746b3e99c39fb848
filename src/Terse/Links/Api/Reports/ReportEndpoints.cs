using Microsoft.AspNetCore.Http.HttpResults;
using Terse.Access;
using Terse.Domains;
using Terse.Web;

namespace Terse.Links;

/// <summary>
/// The endpoints that list the reports of visitors, disable a reported link, and close reports.
/// </summary>
internal static class ReportEndpoints
{
    private const string Root = "/api/v1/reports";

    public static void MapReports(this IEndpointRouteBuilder app)
    {
        var reports = app.MapGroup(Root).WithTags("reports").RequiresWithoutScope(Role.Admin);
        reports.MapGet("/", ListAsync).Describe(ReportOperations.List);
        reports.MapPost("/{id}/disable", DisableAsync).Describe(ReportOperations.Disable);
        reports.MapPost("/{id}/close", CloseAsync).Describe(ReportOperations.Close);
    }

    private static async Task<Results<Ok<ReportListResource>, Problem>> ListAsync(
        IReportStore store, ILinkReader links, DomainMap domains, HttpContext context)
    {
        var parameters = new QueryParameters(context.Request.Query);
        parameters.RejectUnknown("cursor", "limit");
        var before = parameters.ReadListPosition();
        var limit = parameters.ReadLimit();
        if (parameters.Problem is { } problem)
            return problem;
        var page = await store.ListAsync(before, limit + 1, context.RequestAborted);
        var shown = page.Take(limit).ToList();
        var origin = RequestOrigin.Of(context);
        var resources = await Task.WhenAll(shown.Select(ShowAsync));
        return TypedResults.Ok(new ReportListResource(
            resources, page.Count > limit ? ListCursor.Write(shown[^1].Position) : null));

        async Task<ReportResource> ShowAsync(LinkReport report)
        {
            var link = await links.FindAsync(report.Name, context.RequestAborted);
            return new(
                report.Id,
                report.Count,
                report.Reasons,
                report.FirstAt.UtcDateTime,
                report.LastAt.UtcDateTime,
                ShortUrl.Of(report.Name, domains, origin),
                link is { DeletedAt: null } ? LinkResource.Of(link, domains, origin) : null);
        }
    }

    /// <summary>Disables the reported link, and closes the report.</summary>
    /// <remarks>
    /// If the link is deleted already, only the report is closed. A report that arrives meanwhile is closed
    /// with the others, because it is about the same link.
    /// </remarks>
    private static async Task<Results<NoContent, Problem>> DisableAsync(
        string id, IReportStore store, LinkChanger changer, HttpContext context)
    {
        if (!TryReadId(id, out var number)
            || await store.FindAsync(number, context.RequestAborted) is not { } report)
        {
            return NotFound(id);
        }

        var result = await changer.ChangeAsync(
            report.Name,
            new LinkChange { Enabled = false },
            versions: null,
            RequestInfo.Of(context),
            context.RequestAborted);
        if (result is ChangeLinkResult.Refused(var refusal))
            return LinkProblems.Of(refusal);
        await store.CloseAsync(number, context.RequestAborted);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> CloseAsync(
        string id, IReportStore store, HttpContext context) =>
        TryReadId(id, out var number) && await store.CloseAsync(number, context.RequestAborted)
            ? TypedResults.NoContent()
            : NotFound(id);

    private static bool TryReadId(string text, out long id) =>
        long.TryParse(text, System.Globalization.NumberStyles.None, null, out id);

    private static Problem NotFound(string id) => Problem.Of(
        ProblemType.ReportNotFound,
        $"'{Refusal.Shorten(id)}' is not an open report; it may have been closed already.",
        "id");
}
