using Terse.Domains;
using Terse.Visits;
using Terse.Web;

namespace Terse.Redirects;

/// <summary>
/// Answers requests for the API on a host that serves short URLs alone (<see cref="WebHost"/>) like requests
/// for an unknown code. They are not recorded, because no link can have these codes.
/// </summary>
internal static class WebHostMiddleware
{
    public static void UseWebHost(this IApplicationBuilder app) => app.UseAtStart(Refuse);

    private static void Refuse(IApplicationBuilder app)
    {
        var host = app.ApplicationServices.GetRequiredService<WebHost>();
        if (!host.IsSeparate)
            return;
        app.UseWhen(
            context => WebHost.IsWebPath(context.Request.Path) && !host.Accepts(context),
            elsewhere =>
            {
                elsewhere.UseErrorPolicy(isPublic: true);
                elsewhere.Run(RefuseAsync);
            });
    }

    private static Task RefuseAsync(HttpContext context)
    {
        var services = context.RequestServices;
        var domain = services.GetRequiredService<DomainMap>().DomainOfHost(RequestHost.Sent(context));
        if (services.GetRequiredService<DomainRedirects>().Find(domain, RedirectOutcome.Unknown, link: null)
            is not { } location)
        {
            return RedirectProblems.Of(RedirectOutcome.Unknown, link: null).ExecuteAsync(context);
        }

        context.Response.StatusCode = StatusCodes.Status302Found;
        context.Response.Headers.Location = location;
        context.Response.Headers.CacheControl = "no-store";
        return Task.CompletedTask;
    }
}
