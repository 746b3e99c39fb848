using Terse.Domains;

namespace Terse.Links;

/// <summary>The HTTP endpoints that show the short URL of a link as a QR code.</summary>
internal static class QrEndpoints
{
    private const string CacheControl = "private, max-age=3600";

    public static Task GetSvgAsync(
        string code, string? domain, ILinkReader links, DomainMap domains, HttpContext context) =>
        WriteAsync(code, domain, links, domains, QrFormat.Svg, context);

    public static Task GetPngAsync(
        string code, string? domain, ILinkReader links, DomainMap domains, HttpContext context) =>
        WriteAsync(code, domain, links, domains, QrFormat.Png, context);

    private static async Task WriteAsync(
        string code,
        string? domain,
        ILinkReader links,
        DomainMap domains,
        QrFormat format,
        HttpContext context)
    {
        if (!RequestedLink.TryRead(code, domain, domains, context, out var requested, out var problem))
            await problem.ExecuteAsync(context);
        else if (await LinkEndpoints.FindAsync(links, requested.Name, context) is not { } link)
            await LinkProblems.NotFound(requested.DomainName).ExecuteAsync(context);
        else if (link.DeletedAt is not null)
            await LinkProblems.Deleted().ExecuteAsync(context);
        else
            await QrResponse.WriteAsync(context, link.Name, domains, format, CacheControl);
    }
}
