using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Terse.Hosting;
using Terse.Web;

namespace Terse.Fleet;

/// <summary>
/// Shows the Terse servers and the database hosts, so that operators see which hosts are reachable, how far
/// each host lags behind, and whether all servers have the same settings.
/// </summary>
internal static class FleetEndpoints
{
    public const string Path = "/api/v1/fleet";

    public static void AddFleet(this IServiceCollection services)
    {
        services.AddOptions<ServerOptions>().BindConfiguration(ServerOptions.Section).ValidateOnStart();
        services.AddSingleton(new SettingsSection(ServerOptions.Section, ServerOptions.SettingNames)
        {
            PerServer = ServerOptions.SettingNames,
        });
        services.AddSingleton<IValidateOptions<ServerOptions>, ServerOptionsValidator>();
        services.AddJson(FleetJson.Instance);
        services.AddSingleton(CreateReport);
        services.AddHostedService<ServerReporter>();
    }

    public static void MapFleet(this IEndpointRouteBuilder app) =>
        app.MapGet(Path, ShowAsync).WithTags("fleet");

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

    private static ServerReport CreateReport(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<ServerOptions>>().Value;
        var configuration = ConfigurationHash.Of(
            services.GetRequiredService<IConfiguration>(), services.GetServices<SettingsSection>());
        return new(options.Name, null, options.Zone, Server.Version, configuration, null);
    }
}
