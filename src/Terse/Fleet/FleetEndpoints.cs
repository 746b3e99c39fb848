using Microsoft.AspNetCore.Http.HttpResults;
using Terse.Access;
using Terse.Hosting;
using Terse.Web;

namespace Terse.Fleet;

/// <summary>
/// Shows the Terse servers and the database hosts, so that operators see which hosts are reachable, how far
/// each host lags behind the most recent host, and whether all servers have the same settings.
/// </summary>
internal static class FleetEndpoints
{
    public const string Path = "/api/v1/fleet";

    private static readonly Operation Show = new(
        "showFleet",
        "Show the servers and the database hosts",
        "Each server reports every few seconds. The answer is 200 also while no database host can be read.")
    {
        Answers = [new(200, "The servers and the hosts.", typeof(FleetResource))],
    };

    public static void MapFleet(this IEndpointRouteBuilder app)
    {
        app.MapGet(Path, ShowAsync).WithTags("fleet").RequiresWithoutScope(Role.Admin).Describe(Show);
        app.MapLag();
    }

    private static async Task<Ok<FleetResource>> ShowAsync(
        IFleetStore store, ServerReport self, HttpContext context)
    {
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
