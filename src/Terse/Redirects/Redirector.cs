using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Terse.Domains;
using Terse.Links;
using Terse.Visits;
using Terse.Web;

namespace Terse.Redirects;

/// <summary>
/// Answers requests for codes: the host picks the domain, the path is the code, and nothing else of the
/// request matters. Every answer is taken down before it goes out.
/// </summary>
internal sealed class Redirector(
    LinkCache cache,
    ILinkStore store,
    DomainMap domains,
    VisitRecorder visits,
    RedirectMetrics metrics,
    IOptions<RedirectOptions> options,
    TimeProvider time)
{
    private static readonly StringValues NoIndex = "noindex";

    private readonly StringValues _cacheControl = options.Value.CacheControl;

    /// <summary>Whether the method is one that follows a link: a HEAD counts as a visit too.</summary>
    public static bool IsRead(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);

    /// <summary>Leads to a link's target.</summary>
    public void Follow(HttpContext context, CachedLink link)
    {
        link.FetchLocation();
        visits.Record(RedirectOutcome.Followed, link.Id, context.Request);
        metrics.CountAnswer(RedirectOutcome.Followed);
        var response = context.Response;
        response.StatusCode = StatusCodes.Status302Found;
        response.ContentLength = 0;
        var headers = response.Headers;
        headers.Location = link.Location;
        headers.CacheControl = _cacheControl;
        headers["X-Robots-Tag"] = NoIndex;
    }

    /// <summary>Answers a request whose path <see cref="CodePath"/> reads, whatever it takes.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        if (!IsRead(context.Request))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            context.Response.Headers.Allow = "GET, HEAD";
            return;
        }

        var (code, isPreview) = Read(context.Request.Path);
        var domain = domains.DomainOfHost(RequestHost.Sent(context));
        var link = await cache.FindAsync(new(domain, code), context.RequestAborted);
        var kind = link?.AnswerAt(time.GetUtcNow()) ?? RedirectOutcome.Unknown;
        if (isPreview && kind == RedirectOutcome.Followed)
            await ShowAsync(context, link!);
        else if (isPreview)
            await ProblemOf(kind).ExecuteAsync(context);
        else
            await AnswerAsync(context, link, kind);
    }

    private static (string Code, bool IsPreview) Read(PathString path)
    {
        _ = CodePath.TryRead(path.Value, out var read);
        return (read.Code.ToString(), read.IsPreview);
    }

    private async Task AnswerAsync(HttpContext context, CachedLink? link, RedirectOutcome kind)
    {
        if (kind == RedirectOutcome.Followed
            && link is { Limited: { } limited }
            && !await store.TakeVisitAsync(limited, context.RequestAborted))
        {
            kind = RedirectOutcome.UsedUp;
        }

        if (kind == RedirectOutcome.Followed)
        {
            Follow(context, link!);
            return;
        }

        visits.Record(kind, link?.Id ?? 0, context.Request);
        metrics.CountAnswer(kind);
        await ProblemOf(kind).ExecuteAsync(context);
    }

    /// <summary>Shows the target in ASCII, in which letters that look like others do not hide.</summary>
    private Task ShowAsync(HttpContext context, CachedLink link)
    {
        var name = domains.DisplayNameOf(link.Domain, RequestHost.Of(context));
        var shortUrl = $"{domains.Scheme ?? context.Request.Scheme}://{name}/{link.Code}";
        var response = context.Response;
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Robots-Tag"] = NoIndex;
        return Problem.IsBrowser(context.Request)
            ? Pages.WriteLinkAsync(response, shortUrl, link.Location)
            : response.WriteAsJsonAsync(
                new LinkPreview(shortUrl, link.Location),
                RedirectJson.Instance.LinkPreview,
                cancellationToken: context.RequestAborted);
    }

    private static Problem ProblemOf(RedirectOutcome kind) => kind switch
    {
        RedirectOutcome.Unknown => Problem.Of(ProblemType.LinkNotFound, "No link has this code."),
        RedirectOutcome.Expired => Problem.Of(ProblemType.LinkExpired, "The link led somewhere until it expired."),
        RedirectOutcome.Deleted => Problem.Of(ProblemType.LinkDeleted, "There was a link, which was deleted."),
        RedirectOutcome.UsedUp => Problem.Of(
            ProblemType.LinkUsedUp, "The link was followed as often as it was meant to be."),
        RedirectOutcome.Blocked => Problem.Of(
            ProblemType.LinkBlocked, "The link leads to a host that is blocked here."),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "An answer that is no problem."),
    };
}
