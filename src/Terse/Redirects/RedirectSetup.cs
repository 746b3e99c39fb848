using Microsoft.Extensions.Options;
using Terse.Domains;
using Terse.Hosting;
using Terse.Links;
using Terse.Web;

namespace Terse.Redirects;

/// <summary>The redirects' parts, and their place before all others.</summary>
internal static class RedirectSetup
{
    /// <param name="services">The server's.</param>
    /// <param name="folder">Tells the folder in which a server keeps what is its own.</param>
    public static void AddRedirects(
        this IServiceCollection services, Func<IServiceProvider, string> folder)
    {
        services.AddOptions<RedirectOptions>().BindConfiguration(RedirectOptions.Section).ValidateOnStart();
        services.AddSingleton(new SettingsSection(RedirectOptions.Section, RedirectOptions.SettingNames));
        services.AddSingleton<IValidateOptions<RedirectOptions>, RedirectOptionsValidator>();
        services.AddOptions<CacheOptions>().BindConfiguration(CacheOptions.Section).ValidateOnStart();
        services.AddSingleton(new SettingsSection(CacheOptions.Section, CacheOptions.SettingNames));
        services.AddSingleton<IValidateOptions<CacheOptions>, CacheOptionsValidator>();

        services.AddSingleton<RedirectMetrics>();
        services.AddSingleton(provider => new LinkCache(
            provider.GetRequiredService<ILinkReader>(),
            provider.GetRequiredService<BlockedHosts>().IsBlocked,
            provider.GetRequiredService<IOptions<CacheOptions>>(),
            provider.GetRequiredService<RedirectMetrics>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ILinkChangeListener>(provider => provider.GetRequiredService<LinkCache>());
        services.AddSingleton<Redirector>();
        services.AddHostedService(provider => ActivatorUtilities.CreateInstance<WarmStart>(
            provider, new HotCodesFile(folder(provider))));
    }

    /// <summary>Answers redirects before all else does; the slower ones within the error policy.</summary>
    /// <remarks>Parts are made when the server starts, after its settings were found to be right.</remarks>
    public static void UseRedirects(this IApplicationBuilder app) => app.Use(next =>
    {
        var services = app.ApplicationServices;
        var redirector = services.GetRequiredService<Redirector>();
        var slower = app.New();
        slower.UseErrorPolicy();
        slower.Run(redirector.AnswerAsync);
        return new RedirectMiddleware(
            next,
            slower.Build(),
            services.GetRequiredService<LinkCache>(),
            services.GetRequiredService<DomainMap>(),
            redirector,
            services.GetRequiredService<TimeProvider>()).InvokeAsync;
    });
}
