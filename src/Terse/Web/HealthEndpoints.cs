using Terse.Hosting;

namespace Terse.Web;

/// <summary>
/// Answers the health probes of load balancers and process supervisors. <c>/livez</c> always answers "ok",
/// because a restart of this server would not make an unreachable database reachable. <c>/readyz</c> says
/// whether load balancers should send requests to this server. This server stays ready while the primary
/// database host is unreachable, because this server can still redirect, and because the other servers
/// usually cannot reach the primary either.
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
