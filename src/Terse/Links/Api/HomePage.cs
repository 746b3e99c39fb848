using Terse.Domains;
using Terse.Hosting;
using Terse.Web;

namespace Terse.Links;

/// <summary>The page at <c>/</c>, which shows how to create a first link on this server.</summary>
internal static class HomePage
{
    public static void MapHome(this IEndpointRouteBuilder app) =>
        app.MapMethods("/", [HttpMethods.Get, HttpMethods.Head], WriteAsync);

    private static Task WriteAsync(HttpContext context)
    {
        var domains = context.RequestServices.GetRequiredService<DomainMap>();
        var scheme = domains.Scheme ?? context.Request.Scheme;
        var domain = domains.DisplayNameOf(DomainMap.Default, RequestHost.Of(context));
        return Pages.WriteHomeAsync(context.Response, $"{scheme}://{domain}", Server.Version);
    }
}
