using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Terse.Domains;
using Terse.Links;
using Terse.Visits;
using Terse.Web;

namespace Terse.Redirects;

/// <summary>
/// Answers requests for codes. Only the host and the path of a request select the link; the query string has
/// no influence. Every visit, even one that ends with an error, is recorded before the response is sent.
/// Previews are not recorded.
/// </summary>
/// <remarks>
/// A link with a visit limit is redirected only for a request that can be a person's visit or comes from an
/// HTTP client. Otherwise a chat that shows a preview of the link, or a browser that prefetches it, would use
/// up the visits before a person follows the link.
/// </remarks>
internal sealed class Redirector(
    LinkLoader loader,
    ILinkStore store,
    DomainMap domains,
    VisitRecorder visits,
    RedirectMetrics metrics,
    IOptions<RedirectOptions> options,
    TimeProvider time)
{
    private static readonly StringValues NoIndex = "noindex";

    private readonly StringValues _cacheControl = options.Value.CacheControl;

    /// <summary>
    /// Whether the request follows a link: its method is GET or HEAD. A HEAD request counts as a visit of a
    /// bot.
    /// </summary>
    public static bool IsRead(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);

    /// <summary>Records the visit, and redirects the client to the target of the link.</summary>
    public void Redirect(HttpContext context, CachedLink link)
    {
        link.PrefetchLocation();
        visits.Record(RedirectOutcome.Followed, link.Id, context.Request);
        metrics.CountOutcome(RedirectOutcome.Followed);
        var response = context.Response;
        response.StatusCode = StatusCodes.Status302Found;
        response.ContentLength = 0;
        var headers = response.Headers;
        headers.Location = link.Location;
        headers.CacheControl = _cacheControl;
        headers["X-Robots-Tag"] = NoIndex;
    }

    /// <summary>
    /// Answers a request for a code that <see cref="RedirectMiddleware"/> could not answer from the cache. If
    /// the request has no <see cref="CodeRequest"/> feature, its method is neither GET nor HEAD.
    /// </summary>
    public async Task AnswerAsync(HttpContext context)
    {
        if (context.Features.Get<CodeRequest>() is not { } request)
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            context.Response.Headers.Allow = "GET, HEAD";
            return;
        }

        var link = await loader.FindAsync(request.Name, request.Probe, context.RequestAborted);
        var outcome = link?.OutcomeAt(time.GetUtcNow()) ?? RedirectOutcome.Unknown;
        var isLimited = outcome == RedirectOutcome.Followed && link!.LimitedLink is not null;
        if (isLimited && Visitor.IsPrefetch(context.Request))
            await RefusePrefetch().ExecuteAsync(context);
        else if (isLimited && Visitor.IsLinkPreview(context.Request))
            await WriteLimitedAsync(context, link!);
        else if (!request.IsPreview)
            await AnswerVisitAsync(context, link, outcome);
        else if (outcome == RedirectOutcome.Followed)
            await WritePreviewAsync(context, link!);
        else
            await ProblemOf(outcome).ExecuteAsync(context);
    }

    private async Task AnswerVisitAsync(HttpContext context, CachedLink? link, RedirectOutcome outcome)
    {
        if (outcome == RedirectOutcome.Followed
            && link is { LimitedLink: { } limited }
            && !await store.TakeVisitAsync(limited, context.RequestAborted))
        {
            outcome = RedirectOutcome.UsedUp;
        }

        if (outcome == RedirectOutcome.Followed)
        {
            Redirect(context, link!);
            return;
        }

        visits.Record(outcome, link?.Id ?? 0, context.Request);
        metrics.CountOutcome(outcome);
        await ProblemOf(outcome).ExecuteAsync(context);
    }

    /// <summary>
    /// Shows where a link leads. The target is shown in ASCII, because a letter of a different alphabet can
    /// look like a Latin letter and so hide the real host.
    /// </summary>
    private Task WritePreviewAsync(HttpContext context, CachedLink link)
    {
        var name = domains.DisplayNameOf(link.Domain, RequestHost.Of(context));
        var shortUrl = $"{domains.Scheme ?? context.Request.Scheme}://{name}/{link.Code}";
        var response = context.Response;
        ForbidCopies(response);
        return Problem.IsBrowser(context.Request)
            ? Pages.WriteLinkAsync(response, shortUrl, link.Location)
            : response.WriteAsJsonAsync(
                new LinkPreview(shortUrl, link.Location),
                RedirectJson.Instance.LinkPreview,
                cancellationToken: context.RequestAborted);
    }

    /// <summary>
    /// Shows a small page to a program that does not follow the link for a person. The page shows neither the
    /// target nor whether visits remain, and the program uses up no visit.
    /// </summary>
    private Task WriteLimitedAsync(HttpContext context, CachedLink link)
    {
        ForbidCopies(context.Response);
        var domain = domains.DisplayNameOf(link.Domain, RequestHost.Of(context));
        return Pages.WriteLimitedAsync(context.Response, $"{domain}/{link.Code}", domain);
    }

    private static void ForbidCopies(HttpResponse response)
    {
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Robots-Tag"] = NoIndex;
    }

    /// <summary>
    /// Refuses a prefetch or a prerender. The browser discards the response, and sends the request again when
    /// the person follows the link.
    /// </summary>
    private static Problem RefusePrefetch() => Problem.Of(
        ProblemType.PrefetchRefused,
        "The link has a limited number of visits, so browsers cannot prefetch it.");

    private static Problem ProblemOf(RedirectOutcome outcome) => outcome switch
    {
        RedirectOutcome.Unknown => Problem.Of(
            ProblemType.LinkNotFound, "No link has this code; check the short URL."),
        RedirectOutcome.Expired => Problem.Of(ProblemType.LinkExpired, "The link has expired."),
        RedirectOutcome.Deleted => Problem.Of(ProblemType.LinkDeleted, "The link was deleted."),
        RedirectOutcome.UsedUp => Problem.Of(
            ProblemType.LinkUsedUp, "The link had a limited number of visits, and all of them are used."),
        RedirectOutcome.Blocked => Problem.Of(
            ProblemType.LinkBlocked, "The link leads to a host that is blocked on this server."),
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "This outcome is no error."),
    };
}
