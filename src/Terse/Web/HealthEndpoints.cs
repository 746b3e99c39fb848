using Terse.Hosting;

namespace Terse.Web;

/// <summary>
/// Answers the health probes of load balancers and process supervisors. <c>/livez</c> always answers "ok",
/// because a restart of this server would not make an unreachable database reachable. <c>/readyz</c> says
/// whether load balancers should send requests to this server. This server stays ready while it cannot create
/// links, because it can still redirect. <c>/readyz/creations</c> says whether load balancers should send
/// requests of the API to this server.
/// </summary>
internal static class HealthEndpoints
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapMethods("/livez", Methods, WriteOkAsync);
        app.MapMethods("/readyz", Methods, WriteReadyAsync);
        app.MapMethods("/readyz/creations", Methods, WriteReadyForCreationsAsync);
    }

    private static Task WriteReadyAsync(HttpContext context) =>
        WriteAsync(context, ReadinessOf(context).FindReasons());

    private static Task WriteReadyForCreationsAsync(HttpContext context) =>
        WriteAsync(context, ReadinessOf(context).FindReasonsAgainstCreations());

    private static Readiness ReadinessOf(HttpContext context) =>
        context.RequestServices.GetRequiredService<Readiness>();

    private static Task WriteAsync(HttpContext context, IReadOnlyList<string> reasons) =>
        reasons.Count == 0
            ? WriteOkAsync(context)
            : Problem.Of(ProblemType.NotReady, string.Join(' ', reasons)).ExecuteAsync(context);

    private static Task WriteOkAsync(HttpContext context)
    {
        var response = context.Response;
        response.ContentType = "text/plain";
        response.ContentLength = 2;
        response.Headers.CacheControl = "no-store";
        return response.Body.WriteAsync("ok"u8.ToArray(), context.RequestAborted).AsTask();
    }
}
