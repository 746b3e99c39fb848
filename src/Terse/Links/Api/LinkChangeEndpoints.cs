using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Terse.Access;
using Terse.Domains;
using Terse.Web;

namespace Terse.Links;

/// <summary>The HTTP endpoints that change, delete, restore and erase links.</summary>
internal static class LinkChangeEndpoints
{
    /// <summary>
    /// If a request changed or deleted a link, the response contains this header with the time at which the
    /// change was written. When a client sends the header with a later GET request, the server reads the link
    /// from the primary, whatever the value is, so that the response contains the change.
    /// </summary>
    public const string ChangedAtHeader = "Terse-Changed-At";

    private const string Body = "a JSON object with the fields to change";

    public static async Task<Results<Ok<LinkResource>, Problem>> ChangeAsync(
        string code, string? domain, LinkChanger changer, DomainMap domains, HttpContext context)
    {
        var change = await JsonBody.ReadAsync(context.Request, LinkJson.Instance.LinkChange, Body);
        if (!EntityTags.TryReadIfMatch(context.Request, out var versions))
            return EntityTags.RefuseIfMatch();
        if (!RequestedLink.TryRead(code, domain, domains, context, out var requested, out var problem))
            return problem;
        var result = await changer.ChangeAsync(
            requested.Name, change, versions, RequestInfo.Of(context), context.RequestAborted);
        return Show(result, requested, domains, context);
    }

    public static async Task<Results<NoContent, Problem>> DeleteAsync(
        string code, string? domain, LinkChanger changer, DomainMap domains, HttpContext context)
    {
        if (!EntityTags.TryReadIfMatch(context.Request, out var versions))
            return EntityTags.RefuseIfMatch();
        if (!RequestedLink.TryRead(code, domain, domains, context, out var requested, out var problem))
            return problem;
        var result = await changer.DeleteAsync(
            requested.Name, versions, RequestInfo.Of(context), context.RequestAborted);
        if (result is not ChangeLinkResult.Changed(_, var at))
            return Explain(result, requested.DomainName);
        WriteChangedAt(context.Response, at);
        return TypedResults.NoContent();
    }

    public static async Task<Results<Ok<LinkResource>, Problem>> RestoreAsync(
        string code, string? domain, LinkChanger changer, DomainMap domains, HttpContext context)
    {
        if (!EntityTags.TryReadIfMatch(context.Request, out var versions))
            return EntityTags.RefuseIfMatch();
        if (!RequestedLink.TryRead(code, domain, domains, context, out var requested, out var problem))
            return problem;
        var result = await changer.RestoreAsync(
            requested.Name, versions, RequestInfo.Of(context), context.RequestAborted);
        return Show(result, requested, domains, context);
    }

    /// <remarks>
    /// The status is 202, because the visits are deleted in the background. Everything else is erased.
    /// </remarks>
    public static async Task<Results<StatusCodeHttpResult, Problem>> EraseAsync(
        string code, string? domain, LinkChanger changer, DomainMap domains, HttpContext context)
    {
        if (!EntityTags.TryReadIfMatch(context.Request, out var versions))
            return EntityTags.RefuseIfMatch();
        if (!RequestedLink.TryRead(code, domain, domains, context, out var requested, out var problem))
            return problem;
        var result = await changer.EraseAsync(
            requested.Name, versions, isWanted: null, RequestInfo.Of(context), context.RequestAborted);
        if (result is not ChangeLinkResult.Changed(_, var at))
            return Explain(result, requested.DomainName);
        WriteChangedAt(context.Response, at);
        return TypedResults.StatusCode(StatusCodes.Status202Accepted);
    }

    private static Results<Ok<LinkResource>, Problem> Show(
        ChangeLinkResult result, RequestedLink requested, DomainMap domains, HttpContext context)
    {
        if (result is not ChangeLinkResult.Changed(var link, var at))
            return Explain(result, requested.DomainName);
        WriteChangedAt(context.Response, at);
        context.Response.Headers.ETag = EntityTags.Of(link.Version, visits: null);
        return TypedResults.Ok(LinkResource.Of(link, domains, requested.Origin));
    }

    private static void WriteChangedAt(HttpResponse response, DateTimeOffset? at)
    {
        if (at is { UtcDateTime: var time })
        {
            response.Headers[ChangedAtHeader] =
                time.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Explains why a link was not changed.</summary>
    public static Problem Explain(ChangeLinkResult result, string domainName) => result switch
    {
        ChangeLinkResult.NotFound => LinkProblems.NotFound(domainName),
        ChangeLinkResult.Deleted => LinkProblems.Deleted(),
        ChangeLinkResult.NotRestorable(var reason) => Problem.Of(ProblemType.LinkDeleted, reason, "code"),
        ChangeLinkResult.OtherVersion => EntityTags.RefuseVersion("link"),
        ChangeLinkResult.Refused(var refusal) => LinkProblems.Of(refusal),
        _ => throw new InvalidOperationException($"{result} is not a known result of a change."),
    };
}
