using Microsoft.Extensions.Options;
using Terse.Domains;
using Terse.Hosting;
using Terse.Links;
using Terse.Web;

namespace Terse.Redirects;

/// <summary>Registers the services and the middleware that answer requests for codes.</summary>
internal static class RedirectSetup
{
    /// <param name="services">The service collection of the server.</param>
    /// <param name="folder">Returns the folder in which this server keeps its files.</param>
    public static void AddRedirects(
        this IServiceCollection services, Func<IServiceProvider, string> folder)
    {
        services.AddOptions<RedirectOptions>().BindConfiguration(RedirectOptions.Section).ValidateAtStart();
        services.AddSingleton(new SettingsSection(RedirectOptions.Section, RedirectOptions.SettingNames)
        {
            Live = RedirectOptions.SettingNames,
        });
        services.AddSingleton<IValidateOptions<RedirectOptions>, RedirectOptionsValidator>();
        services.AddOptions<CacheOptions>().BindConfiguration(CacheOptions.Section).ValidateAtStart();
        services.AddSingleton(new SettingsSection(CacheOptions.Section, CacheOptions.SettingNames)
        {
            Numbers = [nameof(CacheOptions.MaxEntries)],
            LargeNumbers = [nameof(CacheOptions.MaxBytes)],
            Durations = [nameof(CacheOptions.MaxAge)],
            Live = CacheOptions.SettingNames,
        });
        services.AddSingleton<IValidateOptions<CacheOptions>, CacheOptionsValidator>();

        services.AddSingleton<RedirectMetrics>();
        services.AddSingleton<StoreCircuit>();
        services.AddSingleton(CreateFreshness);
        services.AddSingleton(CreateTable);
        services.AddSingleton(provider => new LinkLoader(
            provider.GetRequiredService<ILinkReader>(),
            provider.GetRequiredService<BlockMap>(),
            provider.GetRequiredService<IBlockFreshness>(),
            provider.GetRequiredService<BoundedLinkTable>(),
            provider.GetRequiredService<StoreCircuit>(),
            provider.GetRequiredService<LinkFreshness>(),
            provider.GetRequiredService<RedirectMetrics>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IBlockListener, BlockedLinks>();
        services.AddSingleton<LinkCache>();
        services.AddSingleton<ILinkChangeListener>(provider => provider.GetRequiredService<LinkCache>());
        services.AddSingleton<SlashCodes>();
        services.AddHostedService(provider => provider.GetRequiredService<SlashCodes>());
        services.AddSingleton<CodeFinder>();
        services.AddSingleton<DomainRedirects>();
        services.AddSingleton<VisitorSalts>();
        services.AddHostedService(provider => provider.GetRequiredService<VisitorSalts>());
        services.AddSingleton<RuleMatcher>();
        services.AddSingleton<PasswordTries>();
        services.AddSingleton<KnownPasswords>();
        services.AddSingleton<PasswordVerifier>();
        services.AddSingleton<LinkGuard>();
        services.AddSingleton<PreviewResponder>();
        services.AddSingleton<ReportLimit>();
        services.AddSingleton<ReportMetrics>();
        services.AddSingleton<ReportResponder>();
        services.AddSingleton<RedirectHeaders>();
        services.AddSingleton<Redirector>();
        services.AddSingleton<CachedRedirects>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<WarmStart>(
            provider, new HotCodesFile(folder(provider))));
        services.AddSingleton<IReadiness>(provider => provider.GetRequiredService<WarmStart>());
        services.AddHostedService(provider => provider.GetRequiredService<WarmStart>());
    }

    private static BoundedLinkTable CreateTable(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptionsMonitor<CacheOptions>>();
        var (maxEntries, maxBytes) = (options.CurrentValue.MaxEntries, options.CurrentValue.MaxBytes);
        var table = new BoundedLinkTable(
            maxEntries, maxBytes, services.GetRequiredService<RedirectMetrics>());
        options.OnChange(latest => table.Resize(latest.MaxEntries, latest.MaxBytes));
        return table;
    }

    private static LinkFreshness CreateFreshness(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptionsMonitor<CacheOptions>>();
        var freshness = new LinkFreshness(
            Options.Create(options.CurrentValue), services.GetRequiredService<TimeProvider>());
        options.OnChange(latest => freshness.SetMaxAge(latest.MaxAge));
        return freshness;
    }

    /// <summary>
    /// Adds <see cref="RedirectMiddleware"/>, which must be the first middleware. If the middleware cannot
    /// answer a request for a code from the cache, it passes the request to a separate pipeline, which also
    /// turns exceptions into error responses.
    /// </summary>
    /// <remarks>
    /// ASP.NET Core runs the lambda that <c>app.Use</c> receives when the server starts, after the options
    /// have been validated.
    /// </remarks>
    public static void UseRedirects(this IApplicationBuilder app) => app.Use(next =>
    {
        var services = app.ApplicationServices;
        var redirector = services.GetRequiredService<Redirector>();
        var uncached = app.New();
        uncached.UseErrorPolicy(isPublic: true);
        uncached.Run(redirector.AnswerAsync);
        return new RedirectMiddleware(
            next,
            uncached.Build(),
            services.GetRequiredService<LinkCache>(),
            services.GetRequiredService<DomainMap>(),
            services.GetRequiredService<CachedRedirects>(),
            services.GetRequiredService<TimeProvider>()).InvokeAsync;
    });
}
