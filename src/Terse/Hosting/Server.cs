using System.Reflection;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Terse.Hosting;

/// <summary>
/// Contains the version of the server, and registers what every feature needs: the log, the clock, the
/// readiness and the shutdown.
/// </summary>
internal static class Server
{
    public static string Version { get; } = typeof(Server).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
        .InformationalVersion;

    public static void AddServer(this WebApplicationBuilder builder)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            ConnectionLimits.Apply(kestrel.Limits);
            var services = kestrel.ApplicationServices;
            var drain = services.GetRequiredService<Drain>();
            var time = services.GetRequiredService<TimeProvider>();

            // This lambda runs when the server starts, after the options have been validated.
            kestrel.ConfigureEndpointDefaults(endpoint =>
            {
                kestrel.Limits.MaxConcurrentConnections =
                    services.GetRequiredService<IOptions<ServerOptions>>().Value.MaxConnections;
                endpoint.Use(next => connection =>
                    CloseAtDeadlineAsync(next, connection, drain.ConnectionDeadline));
                endpoint.Use(next => connection => LateClose.RunAsync(next, connection, drain, time));
                if (services.GetRequiredService<IOptions<ProxyOptions>>().Value.Protocol)
                {
                    var protocol = services.GetRequiredService<ProxyProtocol>();
                    endpoint.Use(next => connection => protocol.RunAsync(next, connection));
                }
            });
        });
        builder.AddTelemetry();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<Readiness>();
        builder.Services.AddServerOptions();
        builder.Services.AddExactOptions<HostOptions>();
        builder.Services.AddExactOptions<KestrelServerOptions>();
        builder.Services.AddExactOptions<LoggerFilterOptions>();
        builder.Services.AddExactOptions<RouteOptions>();
        builder.Services.AddProxies();
        builder.Services.AddDrain();
        builder.Services.AddSingleton(provider => new CloudReading(
            Ec2Metadata.Find(Environment.GetEnvironmentVariable, HostId.ReadFirstLine),
            provider.GetRequiredService<TimeProvider>()));
        builder.Services.AddHostedService<SpotNotices>();
        builder.AddTls();
        builder.Services.AddSystemdNotices();
        builder.AddActivatedSockets();
    }

    /// <summary>
    /// Closes a connection at the deadline, because Kestrel waits without a limit for the rest of an
    /// incomplete request head while it stops.
    /// </summary>
    private static async Task CloseAtDeadlineAsync(
        ConnectionDelegate next, ConnectionContext connection, CancellationToken deadline)
    {
        await using var closing = deadline.Register(
            static connection => ((ConnectionContext)connection!).Abort(), connection);
        await next(connection);
    }

    private static void AddServerOptions(this IServiceCollection services)
    {
        services.AddOptions<ServerOptions>().BindConfiguration(ServerOptions.Section).ValidateAtStart();
        services.AddSingleton(new SettingsSection(ServerOptions.Section, ServerOptions.SettingNames)
        {
            PerServer = ServerOptions.SettingNames,
            Numbers = [nameof(ServerOptions.MaxConnections)],
        });
        services.AddSingleton<IValidateOptions<ServerOptions>, ServerOptionsValidator>();
    }

    private static void AddDrain(this IServiceCollection services)
    {
        services.AddOptions<DrainOptions>().BindConfiguration(DrainOptions.Section).ValidateAtStart();
        services.AddSingleton(new SettingsSection(DrainOptions.Section, DrainOptions.SettingNames)
        {
            Durations = [nameof(DrainOptions.Delay)],
        });
        services.AddSingleton<IValidateOptions<DrainOptions>, DrainOptionsValidator>();
        services.AddSingleton<Drain>();
        services.AddSingleton<DrainLifetime>();
        services.AddSingleton<IHostLifetime>(provider => provider.GetRequiredService<DrainLifetime>());
        services.AddSingleton<IStartupFilter, DrainFilter>();
    }
}
