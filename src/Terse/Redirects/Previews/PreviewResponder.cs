using Terse.Domains;
using Terse.Links;
using Terse.Visits;
using Terse.Web;

namespace Terse.Redirects;

/// <summary>
/// Answers requests for a code with a suffix: shows where a link leads, or its short URL as a QR code. These
/// requests are no visits. A link that does not work is answered as a redirect would be.
/// </summary>
internal sealed class PreviewResponder(ILinkReader links, DomainMap domains)
{
    /// <summary>A QR code contains only the short URL, which never changes.</summary>
    private const string QrCacheControl = "public, max-age=3600";

    /// <summary>The size of the QR code on the page, in pixels.</summary>
    private const int QrSize = 160;

    public async Task AnswerAsync(
        HttpContext context, CodeSuffix suffix, CachedLink? link, RedirectOutcome outcome)
    {
        if (suffix == CodeSuffix.Qr && outcome is RedirectOutcome.Followed or RedirectOutcome.Scheduled)
        {
            await QrResponse.WriteAsync(context, link!.Name, domains, QrFormat.Png, QrCacheControl);
            return;
        }

        var location = outcome switch
        {
            RedirectOutcome.Followed => link!.Location,
            RedirectOutcome.Expired => link!.ExpiredLocation,
            _ => null,
        };
        if (suffix == CodeSuffix.Qr || location is null)
            await RedirectProblems.Of(outcome, link).ExecuteAsync(context);
        else if (await links.FindAsync(link!.Name, context.RequestAborted) is { DeletedAt: null } stored)
            await WriteAsync(context, stored, location, link.Conditional?.Settings.Password is not null);
        else
            await RedirectProblems.Of(RedirectOutcome.Deleted, link).ExecuteAsync(context);
    }

    /// <param name="context">The request.</param>
    /// <param name="link">The stored link.</param>
    /// <param name="location">Where the link leads, in ASCII.</param>
    /// <param name="hadPassword">Whether the cached copy of the link has a password.</param>
    private Task WriteAsync(HttpContext context, Link link, string location, bool hadPassword)
    {
        var shortUrl = ShortUrl.Of(link.Name, domains, RequestHost.Of(context), context.Request.Scheme);
        var isLocked = hadPassword || link.Settings.Password is not null;
        var response = context.Response;
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Robots-Tag"] = "noindex";
        if (!Problem.IsBrowser(context.Request))
        {
            var preview = new LinkPreview(
                shortUrl,
                isLocked ? null : location,
                link.Settings.Title,
                link.CreatedAt.UtcDateTime,
                isLocked);
            return response.WriteAsJsonAsync(
                preview, RedirectJson.Instance.LinkPreview, cancellationToken: context.RequestAborted);
        }

        var style = QrStyle.Default with { Size = QrSize };
        var page = new PreviewPage(
            shortUrl,
            link.Settings.Title ?? shortUrl,
            link.CreatedAt,
            QrImage.TryDraw(shortUrl, style, QrFormat.Svg, out var image) ? image : []);
        if (isLocked)
            return Pages.WriteLockedPreviewAsync(response, page);
        var (before, host, after, unicodeHost) = ReadableTarget.Of(location);
        return Pages.WritePreviewAsync(response, page, location, (before, host, after), unicodeHost);
    }
}
