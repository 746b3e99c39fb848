using Microsoft.AspNetCore.Http.HttpResults;
using Terse.Access;
using Terse.Domains;
using Terse.Web;

namespace Terse.Links;

/// <summary>The endpoint that lists links and searches for them.</summary>
internal static class ListEndpoints
{
    public static async Task<Results<Ok<LinkListResource>, Problem>> ListAsync(
        LinkLister lister, DomainMap domains, KeyLoader keys, HttpContext context)
    {
        var caller = Caller.Of(context);
        Guid? cursorSecret = caller.IsLimited ? keys.CursorSecret : null;
        var parameters = new QueryParameters(context.Request.Query);
        var origin = RequestOrigin.Of(context);
        var query = parameters.ReadQuery(domains, origin.Host, caller.Scope, cursorSecret);
        var isCounted = parameters.ReadFlag("count");
        if (parameters.Problem is { } problem)
            return problem;

        var page = await lister.ListAsync(query, FreshnessOf(context.Request), context.RequestAborted);
        var count = isCounted ? await lister.CountAsync(query.Filter, context.RequestAborted) : null;
        var now = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        return TypedResults.Ok(new LinkListResource(
            [.. page.Links.Select(link => Show(link, domains, origin, now))],
            page.Next is { } next ? ListCursor.Write(next, cursorSecret) : null,
            page.IsIncomplete ? true : null,
            count is null ? null : new(count.Links, !count.IsExact)));
    }

    /// <summary>
    /// A client that knows of a change sends the header <c>Terse-Changed-At</c> of the change's response. Its
    /// list then contains the change, unless the list uses the index, which lags a moment behind.
    /// </summary>
    private static ListFreshness FreshnessOf(HttpRequest request) =>
        LinkTimes.ReadInstant(
            LinkChangeEndpoints.ChangedAtHeader,
            request.Headers[LinkChangeEndpoints.ChangedAtHeader],
            out var changedAt) is null
            ? new(changedAt)
            : default;

    private static LinkResource Show(
        ListedLink listed, DomainMap domains, RequestOrigin origin, DateTimeOffset now) =>
        LinkResource.Of(listed.Link, domains, origin) with
        {
            State = ListParameters.NameOf(listed.StateAt(now)),
            Visits = Show(listed.Numbers.Visits),
        };

    private static LinkVisits Show(VisitSum sum) => new(sum.Visits + sum.Bots, sum.Bots);
}
