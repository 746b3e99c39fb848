using Microsoft.AspNetCore.Http.HttpResults;
using Terse.Access;
using Terse.Hosting;

namespace Terse.Fleet;

/// <summary>
/// Shows the Terse servers and the database hosts, so that operators see which hosts are reachable, how far
/// each host lags behind the most recent host, and whether all servers have the same settings.
/// </summary>
internal static class FleetEndpoints
{
    public const string Path = "/api/v1/fleet";

    public static void MapFleet(this IEndpointRouteBuilder app) =>
        app.MapGet(Path, ShowAsync).WithTags("fleet").RequiresUnlimited(Role.Admin);

    private static async Task<Ok<FleetResource>> ShowAsync(
        IFleetStore store, ServerReport self, HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        try
        {
            var servers = await store.ReadServersAsync(context.RequestAborted);
            return TypedResults.Ok(new FleetResource(store.Hosts, MarkSelf(servers, self.Name), null));
        }
        catch (StoreUnavailableException exception)
        {
            // The response is still a success, because the operator needs the state of the hosts most when no
            // database host can be read.
            return TypedResults.Ok(new FleetResource(store.Hosts, [], exception.Message));
        }
    }

    private static List<FleetServer> MarkSelf(IEnumerable<FleetServer> servers, string name) =>
        [.. servers.Select(server => server with { Answering = server.Name == name })];
}
