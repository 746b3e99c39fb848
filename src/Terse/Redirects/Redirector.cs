using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Terse.Domains;
using Terse.Links;
using Terse.Visits;
using Terse.Web;

namespace Terse.Redirects;

/// <summary>
/// Answers requests for codes. The host and the path of a request select the link. The
/// outcome of a request is recorded before the response is sent.
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
    RuleMatcher rules,
    VisitRecorder visits,
    RedirectMetrics metrics,
    IOptions<RedirectOptions> options,
    TimeProvider time)
{
    private static readonly StringValues NoIndex = "noindex";

    private readonly StringValues _cacheControl = options.Value.CacheControl;
    private readonly StringValues _permanentCacheControl = options.Value.PermanentCacheControl;

    /// <summary>
    /// Whether the method is GET or HEAD. Other methods are redirected only by links with the status 307 or
    /// 308. A HEAD request counts as a visit of a bot.
    /// </summary>
    public static bool IsRead(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);

    /// <summary>Records the visit, and redirects the client to the target of the link.</summary>
    public void Redirect(HttpContext context, CachedLink link)
    {
        link.PrefetchLocation();
        Redirect(context, link, RedirectOutcome.Followed, link.Status, link.Location);
    }

    private void Redirect(
        HttpContext context,
        CachedLink link,
        RedirectOutcome outcome,
        int status,
        string location,
        string rule = "")
    {
        visits.Record(outcome, link.Id, context.Request, rule);
        metrics.CountOutcome(outcome);
        var response = context.Response;
        response.StatusCode = status;
        response.ContentLength = 0;
        var headers = response.Headers;
        headers.Location = location;
        headers.CacheControl = status is StatusCodes.Status301MovedPermanently
            or StatusCodes.Status308PermanentRedirect ? _permanentCacheControl : _cacheControl;
        headers["X-Robots-Tag"] = NoIndex;
    }

    /// <summary>
    /// Answers a request for a code that <see cref="RedirectMiddleware"/> could not answer from the cache.
    /// </summary>
    public async Task AnswerAsync(HttpContext context)
    {
        var request = context.Features.GetRequiredFeature<CodeRequest>();
        var link = await loader.FindAsync(request.Name, request.Probe, context.RequestAborted);
        var now = time.GetUtcNow();
        var outcome = link?.OutcomeAt(now) ?? RedirectOutcome.Unknown;
        if (link?.HasStarted(now) == true)
            loader.ReloadInBackground(link.Name);
        if (outcome == RedirectOutcome.Disabled)
            link = null;
        if (!IsRead(context.Request) && link?.Status is not (
            StatusCodes.Status307TemporaryRedirect or StatusCodes.Status308PermanentRedirect))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            context.Response.Headers.Allow = "GET, HEAD";
            return;
        }

        var isLimited = outcome == RedirectOutcome.Followed && link!.Conditional?.MaxVisits is not null;
        if (isLimited && Visitor.IsPrefetch(context.Request))
            await RedirectProblems.OfPrefetch().ExecuteAsync(context);
        else if (isLimited && Visitor.IsLinkPreview(context.Request))
            await WriteLimitedAsync(context, link!);
        else if (!request.IsPreview)
            await AnswerVisitAsync(context, request, link, outcome, now);
        else if (outcome == RedirectOutcome.Followed)
            await WritePreviewAsync(context, link!);
        else
            await RedirectProblems.Of(outcome, link).ExecuteAsync(context);
    }

    /// <remarks>
    /// A path that the link does not forward is refused before a visit of its limit is used. This depends on
    /// the target, so the rules are matched first, though their result counts only if a visit remains.
    /// </remarks>
    private async Task AnswerVisitAsync(
        HttpContext context,
        CodeRequest request,
        CachedLink? link,
        RedirectOutcome outcome,
        DateTimeOffset now)
    {
        var rule = outcome != RedirectOutcome.Followed ? null : rules.Match(link!, context.Request, now);
        var location = link?.Location;
        if (link is not null && !TryForward(context, request, link, rule, out location))
            (outcome, link) = (RedirectOutcome.Unknown, null);
        if (outcome == RedirectOutcome.Followed
            && link!.Conditional is { MaxVisits: not null } limited
            && !await store.TakeVisitAsync(limited.Link, context.RequestAborted))
        {
            outcome = RedirectOutcome.UsedUp;
        }

        if (outcome == RedirectOutcome.Followed)
        {
            Redirect(context, link!, outcome, link!.Status, location!, rule?.Name ?? "");
            if (link.Conditional is { MaxVisits: not null } or { Rules: not null })
                context.Response.Headers.CacheControl = "no-store"; // A server must decide each visit.
        }
        else if (outcome == RedirectOutcome.Expired && link!.ExpiredLocation is { } expired)
        {
            Redirect(context, link, outcome, StatusCodes.Status302Found, expired);
        }
        else
        {
            visits.Record(outcome, link?.Id ?? 0, context.Request);
            metrics.CountOutcome(outcome);
            await RedirectProblems.Of(outcome, link).ExecuteAsync(context);
        }
    }

    /// <summary>
    /// Finds the <c>Location</c> header of a redirect, with the forwarded path and query string. The target
    /// of the matching rule replaces the target of the link.
    /// </summary>
    /// <returns>
    /// False if the request contains a path that the link does not forward, or if the header is too long.
    /// </returns>
    private static bool TryForward(
        HttpContext context,
        CodeRequest request,
        CachedLink link,
        CompiledRule? rule,
        out string? location)
    {
        location = rule?.Location ?? link.Location;
        var query = context.Request.QueryString.Value ?? "";
        var forwardsQuery = query.Length > 1
            && link.Conditional is { Settings.ForwardQuery: not QueryForwarding.Off };
        if (request.Subpath.Length <= 1 && !forwardsQuery)
            return true;
        if (link.Conditional is not { } conditional
            || !ForwardedTarget.TryForward(
                rule?.Target ?? conditional.Target,
                conditional.Settings,
                request.Subpath,
                query,
                out var forwarded))
        {
            return false;
        }

        location = TargetAscii.Of(forwarded);
        return location.Length <= Target.MaxBytes;
    }

    /// <summary>
    /// Shows where a link leads. The target is shown in ASCII, because a letter of a different alphabet can
    /// look like a Latin letter and so hide the real host.
    /// </summary>
    private Task WritePreviewAsync(HttpContext context, CachedLink link)
    {
        var shortUrl = ShortUrl.Of(link.Name, domains, RequestHost.Of(context), context.Request.Scheme);
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
}
