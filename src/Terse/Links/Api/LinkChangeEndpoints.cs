using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Terse.Domains;
using Terse.Web;

namespace Terse.Links;

/// <summary>Changing and deleting links over HTTP.</summary>
internal static class LinkChangeEndpoints
{
    /// <summary>
    /// When a change was written. A request that sends it back reads at least that fresh; what that takes is
    /// the primary, whatever the time says.
    /// </summary>
    public const string ChangedAtHeader = "Terse-Changed-At";

    private const string IfMatch = "If-Match";

    private const string Body =
        "a JSON object with any of the fields 'target', 'expiresAt' and 'maxVisits'";

    public static async Task<Results<Ok<LinkResource>, Problem>> ChangeAsync(
        string code, string? domain, LinkChanger changer, DomainMap domains, HttpContext context)
    {
        var (host, address) = (RequestHost.Of(context), RequestHost.AddressOf(context));
        var change = await JsonBody.ReadAsync(context.Request, LinkJson.Instance.LinkChange, Body);
        if (!EntityTags.TryReadIfMatch(context.Request, out var versions))
            return RefuseIfMatch();
        if (!domains.TryPick(domain, host, out var key))
            return LinkProblems.UnknownDomain(domain);
        var result = await changer.ChangeAsync(
            new(key, code), change, versions, host, address, context.RequestAborted);
        if (result is not ChangeLinkResult.Changed(var link, var at))
            return Explain(result, domains.DisplayNameOf(key, host));
        Tell(context.Response, at);
        context.Response.Headers.ETag = EntityTags.Of(link.Version);
        return TypedResults.Ok(LinkResource.Of(link, domains, host, context.Request.Scheme));
    }

    public static async Task<Results<NoContent, Problem>> DeleteAsync(
        string code, string? domain, LinkChanger changer, DomainMap domains, HttpContext context)
    {
        var host = RequestHost.Of(context);
        if (!EntityTags.TryReadIfMatch(context.Request, out var versions))
            return RefuseIfMatch();
        if (!domains.TryPick(domain, host, out var key))
            return LinkProblems.UnknownDomain(domain);
        var result = await changer.DeleteAsync(new(key, code), versions, context.RequestAborted);
        if (result is not ChangeLinkResult.Changed(_, var at))
            return Explain(result, domains.DisplayNameOf(key, host));
        Tell(context.Response, at);
        return TypedResults.NoContent();
    }

    private static void Tell(HttpResponse response, DateTimeOffset? at)
    {
        if (at is { UtcDateTime: var time })
        {
            response.Headers[ChangedAtHeader] =
                time.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        }
    }

    private static Problem Explain(ChangeLinkResult result, string domain) => result switch
    {
        ChangeLinkResult.NotFound => LinkProblems.NotFound(domain),
        ChangeLinkResult.Deleted => LinkProblems.Deleted(),
        ChangeLinkResult.OtherVersion => Problem.Of(
            ProblemType.PreconditionFailed,
            $"The link was changed since: none of the versions in {IfMatch} is its present one.",
            IfMatch),
        ChangeLinkResult.Refused(var refusal) => LinkProblems.Of(refusal),
        _ => throw new InvalidOperationException($"{result} is no result of a change."),
    };

    private static Problem RefuseIfMatch() => Problem.Of(
        ProblemType.RequestMalformed,
        $"The header {IfMatch} is a list of entity tags, such as \"v3\" with its quotation marks, or *.",
        IfMatch);
}
