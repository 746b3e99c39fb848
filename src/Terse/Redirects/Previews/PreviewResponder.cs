using Terse.Domains;
using Terse.Links;
using Terse.Visits;
using Terse.Web;

namespace Terse.Redirects;

/// <summary>
/// Answers requests for a code with a suffix: shows where a link leads, or its short URL as a QR code. These
/// requests are no visits. A link that does not work is answered with an error; the redirects of its domain
/// do not apply.
/// </summary>
/// <remarks>
/// A preview shows the target to which the rules of the link lead this client. It does not show the target of
/// a link with a password or a visit limit, because the preview would bypass both.
/// </remarks>
internal sealed class PreviewResponder(ILinkReader links, RuleMatcher rules, DomainMap domains)
{
    /// <summary>A QR code contains only the short URL, which never changes.</summary>
    private const string QrCacheControl = "public, max-age=3600";

    /// <summary>The size of the QR code on the page, in pixels.</summary>
    private const int QrSize = 160;

    public async Task AnswerAsync(
        HttpContext context,
        CodeSuffix suffix,
        CachedLink? link,
        RedirectOutcome outcome,
        DateTimeOffset now)
    {
        if (suffix == CodeSuffix.Qr && outcome is RedirectOutcome.Followed or RedirectOutcome.Scheduled)
        {
            await QrResponse.WriteAsync(context, link!.Name, domains, QrFormat.Png, QrCacheControl);
            return;
        }

        var location = outcome switch
        {
            RedirectOutcome.Followed => rules.Match(link!, context.Request, now)?.Location ?? link!.Location,
            RedirectOutcome.Expired => link!.ExpiredLocation,
            _ => null,
        };
        if (suffix == CodeSuffix.Qr || location is null)
            await RedirectProblems.Of(outcome, link).ExecuteAsync(context);
        else if (await links.FindAsync(link!.Name, context.RequestAborted) is { DeletedAt: null } stored)
            await WriteAsync(context, stored, location, GuardOf(link, stored, outcome));
        else
            await RedirectProblems.Of(RedirectOutcome.Deleted, link).ExecuteAsync(context);
    }

    /// <summary>
    /// Why the target is not shown, according to the cached or to the stored copy of the link. An expired
    /// link leads to its expired target without a limit.
    /// </summary>
    private static PreviewGuard GuardOf(CachedLink cached, Link stored, RedirectOutcome outcome) =>
        cached.Conditional?.Settings.Password is not null || stored.Settings.Password is not null
            ? PreviewGuard.Password
        : outcome == RedirectOutcome.Followed
            && (cached.Conditional?.MaxVisits is not null || stored.MaxVisits is not null)
            ? PreviewGuard.VisitLimit
            : PreviewGuard.None;

    /// <param name="context">The request.</param>
    /// <param name="link">The stored link.</param>
    /// <param name="location">Where the link leads, in ASCII.</param>
    /// <param name="guard">Why the location is not shown.</param>
    private Task WriteAsync(HttpContext context, Link link, string location, PreviewGuard guard)
    {
        var shortUrl = ShortUrl.Of(link.Name, domains, RequestOrigin.Of(context));
        var response = context.Response;
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Robots-Tag"] = "noindex";
        if (!Problem.IsBrowser(context.Request))
        {
            var preview = new LinkPreview(
                shortUrl,
                guard == PreviewGuard.None ? location : null,
                link.Settings.Title,
                link.CreatedAt.UtcDateTime,
                guard == PreviewGuard.Password,
                link.MaxVisits is not null);
            return response.WriteAsJsonAsync(
                preview, RedirectJson.Instance.LinkPreview, cancellationToken: context.RequestAborted);
        }

        var style = QrStyle.Default with { Size = QrSize };
        var page = new PreviewPage(
            shortUrl,
            link.Settings.Title ?? shortUrl,
            link.CreatedAt,
            QrImage.TryDraw(shortUrl, style, QrFormat.Svg, out var image) ? image : [],
            new Uri(shortUrl).AbsolutePath + ReportResponder.Path);
        if (guard != PreviewGuard.None)
            return Pages.WriteLockedPreviewAsync(response, page, ReasonOf(guard));
        var (before, host, after, unicodeHost) = ReadableTarget.Of(location);
        return Pages.WritePreviewAsync(response, page, location, (before, host, after), unicodeHost);
    }

    private static string ReasonOf(PreviewGuard guard) => guard == PreviewGuard.Password
        ? "needs a password. Only with it you see where the link leads."
        : "allows a limited number of visits. A preview does not show where the link leads.";

    private enum PreviewGuard
    {
        None,
        Password,
        VisitLimit,
    }
}
