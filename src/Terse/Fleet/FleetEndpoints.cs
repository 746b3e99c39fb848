using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Terse.Hosting;
using Terse.Web;

namespace Terse.Fleet;

/// <summary>
/// The servers and the database hosts, each with what an operator wants to know first: is it there, how far
/// behind is it, and does it run by the same settings as the others?
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
        services.AddJson(FleetJson.Default);
        services.AddSingleton(ReportOf);
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
            // With every host lost, what this server knows of them is wanted most.
            return TypedResults.Ok(new FleetResource(store.Hosts, [], exception.Message));
        }
    }

    private static List<FleetServer> MarkSelf(IEnumerable<FleetServer> servers, string name) =>
        [.. servers.Select(server => server with { Answering = server.Name == name })];

    private static ServerReport ReportOf(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<ServerOptions>>().Value;
        var configuration = ConfigurationHash.Of(
            services.GetRequiredService<IConfiguration>(), services.GetServices<SettingsSection>());
        return new(options.Name, null, options.Zone, Server.Version, configuration, null);
    }
}
