using System.Text;
using Terse.Domains;
using Terse.Hosting;
using Terse.Visits;
using Terse.Web;

namespace Terse.Redirects;

/// <summary>
/// The paths that browsers and crawlers request from every host: <c>/</c>, <c>/robots.txt</c> and
/// <c>/favicon.ico</c>. The settings of the domain decide what they answer.
/// </summary>
internal static class DomainPages
{
    private const string CacheControl = "public, max-age=300";

    /// <summary>
    /// Crawlers may follow links, because the previews in chats and the results of search engines depend on
    /// this. Each redirect has <c>X-Robots-Tag: noindex</c>.
    /// </summary>
    private const string DefaultRobotsTxt = "User-agent: *\nDisallow: /api/\n";

    private const string Icon =
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7"
        fill="#1f6feb"/><path d="M8 9h16v4h-6v12h-4V13H8z" fill="#fff"/></svg>
        """;

    private static readonly string[] Read = [HttpMethods.Get, HttpMethods.Head];

    public static void MapDomainPages(this IEndpointRouteBuilder app)
    {
        app.MapMethods("/", Read, WriteHomeAsync);
        app.MapMethods("/robots.txt", Read, WriteRobotsAsync);
        app.MapMethods("/favicon.ico", Read, WriteIconAsync);
    }

    private static Task WriteHomeAsync(HttpContext context)
    {
        var domains = context.RequestServices.GetRequiredService<DomainMap>();
        var host = RequestHost.Of(context);
        var domain = domains.DomainOfHost(host);
        if (TryRedirect(context, domains.SettingsOf(domain).HomeRedirect))
            return Task.CompletedTask;
        var web = context.RequestServices.GetRequiredService<WebHost>();
        if (!web.Accepts(context))
            return RedirectProblems.Of(RedirectOutcome.Unknown, link: null).ExecuteAsync(context);
        var shown = web.IsSeparate ? host : domains.DisplayNameOf(domain, host);
        var origin = $"{domains.Scheme ?? context.Request.Scheme}://{shown}"
            + context.Request.PathBase.Value;
        return Pages.WriteHomeAsync(context.Response, origin, Server.Version);
    }

    private static Task WriteRobotsAsync(HttpContext context) => WriteAsync(
        context, "text/plain; charset=utf-8", SettingsOf(context).RobotsTxt ?? DefaultRobotsTxt);

    private static Task WriteIconAsync(HttpContext context) =>
        TryRedirect(context, SettingsOf(context).Favicon)
            ? Task.CompletedTask
            : WriteAsync(context, "image/svg+xml", Icon);

    private static DomainSettings SettingsOf(HttpContext context)
    {
        var domains = context.RequestServices.GetRequiredService<DomainMap>();
        return domains.SettingsOf(domains.DomainOfHost(RequestHost.Sent(context)));
    }

    private static bool TryRedirect(HttpContext context, string? target)
    {
        var redirects = context.RequestServices.GetRequiredService<DomainRedirects>();
        if (redirects.LocationOf(target) is not { } location)
            return false;
        context.Response.StatusCode = StatusCodes.Status302Found;
        context.Response.ContentLength = 0;
        context.Response.Headers.Location = location;
        context.Response.Headers.CacheControl = CacheControl;
        return true;
    }

    private static Task WriteAsync(HttpContext context, string contentType, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var response = context.Response;
        response.ContentType = contentType;
        response.ContentLength = bytes.Length;
        response.Headers.CacheControl = CacheControl;
        return response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }
}
