using Microsoft.Extensions.Options;
using Terse.Hosting;

namespace Terse.Domains;

internal static class DomainSetup
{
    public static void AddDomains(this IServiceCollection services)
    {
        services.AddOptions<DomainOptions>().BindConfiguration(DomainOptions.Section).ValidateAtStart();
        services.AddSingleton(new SettingsSection(DomainOptions.Section, DomainOptions.SettingNames)
        {
            // The database has the domains since the first start, and the API changes them while servers run.
            Live = [nameof(DomainOptions.Scheme)],
        });
        services.AddSingleton<IValidateOptions<DomainOptions>, DomainOptionsValidator>();
        services.AddSingleton(CreateMap);
        services.AddSingleton<DomainLoader>();
        services.AddHostedService(provider => provider.GetRequiredService<DomainLoader>());
    }

    private static DomainMap CreateMap(IServiceProvider services)
    {
        var map = new DomainMap(services.GetRequiredService<IOptions<DomainOptions>>());
        services.GetRequiredService<IOptionsMonitor<DomainOptions>>()
            .OnChange(latest => map.Scheme = latest.Scheme);
        return map;
    }
}
