using Terse.Hosting;

namespace Terse.Web;

/// <summary>
/// What load balancers and supervisors ask. <c>/livez</c>: is the process to be left alone? Yes, as long as
/// it answers; to restart it because the database is lost would only make things worse. <c>/readyz</c>: are
/// requests to be sent here? Losing the primary is no reason against it: redirects go on, and the servers
/// beside this one have lost it too.
/// </summary>
internal static class HealthEndpoints
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapMethods("/livez", Methods, WriteOkAsync);
        app.MapMethods("/readyz", Methods, WriteReadyAsync);
    }

    private static Task WriteReadyAsync(HttpContext context)
    {
        var reasons = WhyNotReady(context.RequestServices).ToList();
        return reasons.Count == 0
            ? WriteOkAsync(context)
            : Problem.Of(ProblemType.NotReady, string.Join(' ', reasons)).ExecuteAsync(context);
    }

    private static IEnumerable<string> WhyNotReady(IServiceProvider services)
    {
        var lifetime = services.GetRequiredService<IHostApplicationLifetime>();
        return lifetime.ApplicationStopping.IsCancellationRequested
            ? ["The server was asked to stop."]
            : services.GetServices<IReadiness>().Select(part => part.WhyNotReady).OfType<string>();
    }

    private static Task WriteOkAsync(HttpContext context)
    {
        var response = context.Response;
        response.ContentType = "text/plain";
        response.ContentLength = 2;
        response.Headers.CacheControl = "no-store";
        return response.Body.WriteAsync("ok"u8.ToArray(), context.RequestAborted).AsTask();
    }
}
