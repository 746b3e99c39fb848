using Microsoft.Extensions.Options;
using Terse.Hosting;
using Terse.Web;

namespace Terse.Links;

/// <summary>Registers the settings and the services of links.</summary>
internal static class LinkSetup
{
    private const string BlockedHostsAdvice =
        "Block hosts with 'terse block add HOST --subdomains', or with lines such as '.HOST' in a file that "
        + "Blocks:File names.";

    public static void AddLinks(this IServiceCollection services)
    {
        services.AddOptions<LinkOptions>().BindConfiguration(LinkOptions.Section).ValidateAtStart();
        services.AddSingleton(new SettingsSection(LinkOptions.Section, LinkOptions.SettingNames)
        {
            Flags = [nameof(LinkOptions.AllowCredentials)],
            Durations =
            [
                nameof(LinkOptions.RestoreFor), nameof(LinkOptions.EraseDeletedAfter),
                nameof(LinkOptions.EraseExpiredAfter),
            ],
            Replaced = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
            {
                ["BlockedHosts"] = BlockedHostsAdvice,
            },
        });
        services.AddSingleton<IValidateOptions<LinkOptions>, LinkOptionsValidator>();
        services.AddJson(LinkJson.Instance);
        services.AddBlocks();
        services.AddTargets();
        services.AddSingleton<RuleReader>();
        services.AddSingleton<LinkChecker>();
        services.AddTitles();
        services.AddSingleton<PasswordHasher>();
        services.AddSingleton<PasswordField>();
        services.AddSingleton<LinkCreator>();
        services.AddSingleton<AliasAdder>();
        services.AddSingleton<LinkChanger>();
        services.AddSingleton<DomainChecker>();
        services.AddSingleton<DomainChanger>();
        services.AddSingleton<LinkCleaner>();
        services.AddHostedService(provider => provider.GetRequiredService<LinkCleaner>());
        services.AddSingleton(ListLimits.Default);
        services.AddSingleton<LinkSamples>();
        services.AddSingleton<LinkLister>();
        services.AddHostedService<ListIndexer>();
        services.AddHostedService<TagChanger>();
    }

    private static void AddTargets(this IServiceCollection services)
    {
        services.AddOptions<TargetOptions>().BindConfiguration(TargetOptions.Section).ValidateAtStart();
        services.AddSingleton(new SettingsSection(TargetOptions.Section, TargetOptions.SettingNames)
        {
            Flags =
            [
                nameof(TargetOptions.RefusePrivateNetworks), nameof(TargetOptions.RefuseShorteners),
                nameof(TargetOptions.RefuseLookAlikes),
            ],
        });
        services.AddSingleton<IValidateOptions<TargetOptions>, TargetOptionsValidator>();
        services.AddSingleton<TargetRisks>();
        services.AddSingleton<TargetRules>();
    }

    private static void AddTitles(this IServiceCollection services)
    {
        services.AddOptions<TitleOptions>().BindConfiguration(TitleOptions.Section).ValidateAtStart();
        services.AddSingleton(new SettingsSection(TitleOptions.Section, TitleOptions.SettingNames)
        {
            Flags = TitleOptions.SettingNames,
        });
        services.AddSingleton<TitleMetrics>();
        services.AddSingleton<TitleRequests>();
        services.AddSingleton(provider =>
        {
            var options = provider.GetRequiredService<IOptions<TitleOptions>>().Value;
            return new TitleFetcher(
                end => options.AllowPrivateNetworks || PublicAddress.IsPublicWebServer(end),
                provider.GetRequiredService<TimeProvider>());
        });
        services.AddHostedService<TitleWorker>();
    }
}
