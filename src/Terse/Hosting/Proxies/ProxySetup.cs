using Microsoft.Extensions.Options;

namespace Terse.Hosting;

/// <summary>Registers the services that read what proxies say about clients.</summary>
internal static class ProxySetup
{
    public static void AddProxies(this IServiceCollection services)
    {
        services.AddOptions<ProxyOptions>().BindConfiguration(ProxyOptions.Section).ValidateAtStart();
        services.AddSingleton(new SettingsSection(ProxyOptions.Section, ProxyOptions.SettingNames)
        {
            Numbers = [nameof(ProxyOptions.Hops)],
            Flags = [nameof(ProxyOptions.Protocol)],
        });
        services.AddSingleton<IValidateOptions<ProxyOptions>, ProxyOptionsValidator>();
        services.AddSingleton<TrustedProxies>();
        services.AddSingleton<ProxyProtocol>();
        services.AddSingleton<IStartupFilter, ProxyFilter>();
    }
}

/// <summary>
/// Puts <see cref="ForwardedRequests"/> before all other middleware. Without trusted proxies, adds nothing.
/// </summary>
internal sealed class ProxyFilter(
    TrustedProxies trusted, IOptions<ProxyOptions> options, ILoggerFactory loggers) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        if (trusted.Networks.Count > 0)
        {
            app.Use(following =>
                new ForwardedRequests(following, trusted, options.Value, loggers).InvokeAsync);
        }

        next(app);
    };
}
