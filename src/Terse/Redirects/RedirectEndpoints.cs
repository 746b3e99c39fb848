using Microsoft.Extensions.Options;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// What the program exists for: a code comes in, its target goes out. The host picks the domain, the path is
/// the code, and nothing else of the request matters.
/// </summary>
internal static class RedirectEndpoints
{
    public static void AddRedirects(this IServiceCollection services)
    {
        services.AddOptions<RedirectOptions>().BindConfiguration(RedirectOptions.Section).ValidateOnStart();
        services.AddSingleton(new SettingsSection(RedirectOptions.Section, RedirectOptions.Keys));
        services.AddSingleton<IValidateOptions<RedirectOptions>, RedirectOptionsValidator>();
        services.AddSingleton<Redirector>();
    }

    public static void MapRedirects(this IEndpointRouteBuilder app) =>
        app.MapMethods("/{code}", [HttpMethods.Get, HttpMethods.Head], FollowAsync);

    private static Task FollowAsync(HttpContext context) =>
        context.RequestServices.GetRequiredService<Redirector>().AnswerAsync(context);
}

internal sealed class Redirector(ILinkStore store, Domains domains, IOptions<RedirectOptions> options)
{
    private readonly string _cacheControl = options.Value.CacheControl;

    public async Task AnswerAsync(HttpContext context)
    {
        var code = (string)context.Request.RouteValues["code"]!;
        var domain = domains.KeyOfHost(RequestHost.Sent(context));
        var link = CustomCode.CouldBeCode(code)
            ? await store.FindAsync(domain, code, context.RequestAborted)
            : null;
        if (link is null)
        {
            await Problem.Of(ProblemType.LinkNotFound, "No link has this code.").ExecuteAsync(context);
            return;
        }

        var response = context.Response;
        response.StatusCode = StatusCodes.Status302Found;
        response.ContentLength = 0;
        response.Headers.Location = Target.ToAscii(link.Target);
        response.Headers.CacheControl = _cacheControl;
        response.Headers["X-Robots-Tag"] = "noindex";
    }
}
