using System.Net;
using Microsoft.Extensions.Options;
using Terse.Hosting;
using Terse.Web;

namespace Terse.Fleet;

/// <summary>Registers the settings and the services of the fleet.</summary>
internal static class FleetSetup
{
    public static void AddFleet(this IServiceCollection services)
    {
        services.AddJson(FleetJson.Instance);
        services.AddSingleton(CreateReport);
        services.AddHostedService<ServerReporter>();
    }

    private static ServerReport CreateReport(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<ServerOptions>>().Value;
        var identity = services.GetRequiredService<ServerIdentity>();
        var telemetry = services.GetRequiredService<IOptions<TelemetryOptions>>().Value;
        var metrics = telemetry.FindAdvertisedMetricsUrl(Dns.GetHostName());
        return new(
            options.Name, null, identity.Zone, Server.Version, identity.ConfigurationHash, metrics, null,
            null);
    }
}
