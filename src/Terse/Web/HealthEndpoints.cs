using Terse.Hosting;

namespace Terse.Web;

/// <summary>
/// Answers the health probes of load balancers and process supervisors. <c>/livez</c> always answers "ok",
/// because a restart of this server would not make an unreachable database reachable. <c>/readyz</c> says
/// whether load balancers should send requests to this server. This server stays ready while it cannot create
/// links, because it can still redirect. <c>/readyz/creations</c> says whether load balancers should send
/// requests of the API to this server. <c>/health/live</c> and <c>/health/ready?for=…</c> are the same probes
/// under the names that many platforms expect.
/// </summary>
internal static class HealthEndpoints
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>
    /// Whether a route answers probes. A probe that finds the server not ready gets 503 and is no failure.
    /// </summary>
    public static bool IsProbe(string route) =>
        route.StartsWith("/readyz", StringComparison.Ordinal)
        || route.StartsWith("/health/", StringComparison.Ordinal);

    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        var health = app.MapGroup("").WithTags("health");
        health.MapMethods("/livez", Methods, WriteOkAsync)
            .Describe(Probe("live", "Whether the process answers requests"));
        health.MapMethods("/readyz", Methods, WriteReadyAsync)
            .Describe(Readiness("ready", "Whether the server should receive requests"));
        health.MapMethods("/readyz/creations", Methods, WriteReadyForCreationsAsync)
            .Describe(Readiness("readyForCreations", "Whether the server should receive creations"));
        health.MapMethods("/health/live", Methods, WriteOkAsync)
            .Describe(Probe("healthLive", "Whether the process answers requests"));
        health.MapMethods("/health/ready", Methods, WriteReadyForAsync)
            .Describe(Readiness("healthReady", "Whether the server should receive requests") with
            {
                Parameters = [For],
                Problems = [ProblemType.NotReady, ProblemType.QueryInvalid],
            });
    }

    private static readonly (string, bool)[] Purposes = [("redirects", false), ("creations", true)];

    private static OperationParameter For { get; } = new(
        "for", "What the server should be ready for: `redirects` (the default) or `creations`.")
    {
        Example = "creations",
    };

    private static Operation Probe(string id, string summary) => new(id, summary)
    {
        IsApi = false,
        Answers = [new(200, "Yes: `ok`.") { MediaType = "text/plain" }],
    };

    private static Operation Readiness(string id, string summary) => Probe(id, summary) with
    {
        Problems = [ProblemType.NotReady],
    };

    private static Task WriteReadyAsync(HttpContext context) =>
        WriteAsync(context, ReadinessOf(context).FindReasons());

    private static Task WriteReadyForAsync(HttpContext context)
    {
        var parameters = new QueryParameters(context.Request.Query);
        parameters.RejectUnknown("for");
        var isForCreations = parameters.ReadChoice("for", Purposes, byDefault: false);
        if (parameters.Problem is { } problem)
            return problem.ExecuteAsync(context);
        return isForCreations ? WriteReadyForCreationsAsync(context) : WriteReadyAsync(context);
    }

    private static Task WriteReadyForCreationsAsync(HttpContext context) =>
        WriteAsync(context, ReadinessOf(context).FindReasonsAgainstCreations());

    private static Readiness ReadinessOf(HttpContext context) =>
        context.RequestServices.GetRequiredService<Readiness>();

    private static Task WriteAsync(HttpContext context, IReadOnlyList<string> reasons) =>
        reasons.Count == 0
            ? WriteOkAsync(context)
            : Problem.Of(ProblemType.NotReady, DetailOf(context, reasons)).ExecuteAsync(context);

    /// <summary>Everybody sees whether the server is ready, but not everybody why.</summary>
    private static string DetailOf(HttpContext context, IReadOnlyList<string> reasons) =>
        context.RequestServices.GetRequiredService<DetailReaders>().Contains(context)
            ? string.Join(' ', reasons)
            : "The server is not ready. The reasons are shown to clients in Web:DetailsFor.";

    private static Task WriteOkAsync(HttpContext context)
    {
        var response = context.Response;
        response.ContentType = "text/plain";
        response.ContentLength = 2;
        response.Headers.CacheControl = "no-store";
        return response.Body.WriteAsync("ok"u8.ToArray(), context.RequestAborted).AsTask();
    }
}
