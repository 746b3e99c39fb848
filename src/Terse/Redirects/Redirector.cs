using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Terse.Hosting;
using Terse.Links;
using Terse.Visits;

namespace Terse.Redirects;

/// <summary>
/// Answers requests for codes. The host and the path of a request select the link. The outcome of a request
/// is recorded before the response is sent. Previews and QR codes are not recorded.
/// </summary>
internal sealed class Redirector(
    CodeFinder finder,
    LinkLoader loader,
    ILinkStore store,
    RuleMatcher rules,
    LinkGuard guard,
    PreviewResponder previews,
    ReportResponder reports,
    DomainRedirects domains,
    VisitRecorder visits,
    RedirectMetrics metrics,
    RedirectHeaders headers,
    TimeProvider time)
{
    private static readonly StringValues NoIndex = "noindex";

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
        Redirect(context, link.Id, RedirectOutcome.Followed, link.Status, link.Location);
    }

    private void Redirect(
        HttpContext context,
        long linkId,
        RedirectOutcome outcome,
        int status,
        string location,
        string rule = "",
        bool isForm = false)
    {
        visits.Record(outcome, linkId, context.Request, rule, isForm);
        metrics.CountOutcome(outcome);
        var response = context.Response;
        response.StatusCode = status;
        response.ContentLength = 0;
        response.Headers.Location = location;
        response.Headers.CacheControl = headers.CacheControlOf(status);
        response.Headers["X-Robots-Tag"] = NoIndex;
    }

    /// <summary>
    /// Answers a request for a code that <see cref="RedirectMiddleware"/> could not answer from the cache.
    /// </summary>
    public async Task AnswerAsync(HttpContext context)
    {
        var requests = context.Features.GetRequiredFeature<CodeRequests>();
        var (request, link) = await finder.FindAsync(requests, context.RequestAborted);
        var now = time.GetUtcNow();
        var outcome = link?.OutcomeAt(now) ?? RedirectOutcome.Unknown;
        if (outcome != RedirectOutcome.Followed)
            AssertFinal(context, requests);
        if (link?.HasStarted(now) == true)
            loader.ReloadInBackground(link.Name);
        if (outcome == RedirectOutcome.Disabled)
            link = null;
        if (ReportResponder.IsReport(context.Request, request)
            || (link is null && requests.All.Any(code => ReportResponder.IsReport(context.Request, code))))
        {
            await reports.AnswerAsync(context, link, outcome);
            return;
        }

        var visited = request.Suffix == CodeSuffix.None ? link : null;
        if (!IsRead(context.Request) && !AllowsMethod(visited, context))
            return;

        var isForm = false;
        if (outcome == RedirectOutcome.Followed && link!.IsGuarded && request.Suffix != CodeSuffix.Qr)
        {
            var admission = await guard.CheckAsync(context, link, isVisit: request.Suffix == CodeSuffix.None);
            if (!admission.IsAdmitted)
            {
                await RefuseAsync(context, link, admission);
                return;
            }

            isForm = admission.Kind == AdmissionKind.AdmittedByForm;
        }

        if (request.Suffix == CodeSuffix.None)
            await AnswerVisitAsync(context, request, link, outcome, now, isForm);
        else
            await previews.AnswerAsync(context, request.Suffix, link, outcome, now);
    }

    /// <summary>
    /// Refuses a request that cannot be followed if its host may belong to another domain, which this server
    /// does not know yet or has just read, because the link may exist there.
    /// </summary>
    private void AssertFinal(HttpContext context, CodeRequests requests)
    {
        if (!requests.IsDomainFinal || !domains.IsDomainOf(context, requests.All[0].Name.Domain))
            throw new StoreUnavailableException("The domains cannot be read; retry shortly.");
    }

    /// <summary>
    /// Whether the link accepts a method other than GET and HEAD. If not, writes the status code of the
    /// response.
    /// </summary>
    private static bool AllowsMethod(CachedLink? link, HttpContext context)
    {
        var takesForms = link?.Conditional?.Settings.Password is not null;
        if (link?.Status is StatusCodes.Status307TemporaryRedirect or StatusCodes.Status308PermanentRedirect
            || (takesForms && HttpMethods.IsPost(context.Request.Method)))
        {
            return true;
        }

        context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
        context.Response.Headers.Allow = takesForms ? "GET, HEAD, POST" : "GET, HEAD";
        return false;
    }

    private Task RefuseAsync(HttpContext context, CachedLink link, Admission admission)
    {
        if (admission.IsLocked)
        {
            visits.Record(RedirectOutcome.Locked, link.Id, context.Request);
            metrics.CountOutcome(RedirectOutcome.Locked);
        }

        return guard.RefuseAsync(context, link, admission);
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
        DateTimeOffset now,
        bool isForm)
    {
        var rule = outcome != RedirectOutcome.Followed ? null : rules.Match(link!, context.Request, now);
        var location = link?.Location;
        if (link is not null && !TryForward(context, request, link, rule, out location))
        {
            AssertFinal(context, context.Features.GetRequiredFeature<CodeRequests>());
            (outcome, link) = (RedirectOutcome.Unknown, null);
        }

        if (outcome == RedirectOutcome.Followed
            && link!.Conditional is { MaxVisits: not null } limited
            && !await store.TakeVisitAsync(limited.Link, context.RequestAborted))
        {
            outcome = RedirectOutcome.UsedUp;
        }

        if (outcome == RedirectOutcome.Followed)
        {
            var status = isForm ? StatusCodes.Status303SeeOther : link!.Status;
            Redirect(context, link!.Id, outcome, status, location!, rule?.Name ?? "", isForm);
            if (link!.IsGuarded || link.Conditional is { Rules: not null })
                context.Response.Headers.CacheControl = "no-store"; // A server must decide each visit.
        }
        else if (domains.Find(request.Name.Domain, outcome, link) is { } instead)
        {
            Redirect(context, link?.Id ?? 0, outcome, StatusCodes.Status302Found, instead);
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
}
