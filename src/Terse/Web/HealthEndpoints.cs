using Terse.Hosting;

namespace Terse.Web;

/// <summary>
/// The probes of load balancers and supervisors. <c>/livez</c> is always OK: a restart does not bring a lost
/// database back. <c>/readyz</c> says whether to send requests to this server. A lost primary is no reason to
/// send them elsewhere: this server still redirects, and the other servers have lost the primary too.
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
        var reasons = context.RequestServices.GetRequiredService<Readiness>().FindReasons();
        return reasons.Count == 0
            ? WriteOkAsync(context)
            : Problem.Of(ProblemType.NotReady, string.Join(' ', reasons)).ExecuteAsync(context);
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
