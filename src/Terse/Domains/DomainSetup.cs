using Microsoft.Extensions.Options;
using Terse.Hosting;

namespace Terse.Domains;

internal static class DomainSetup
{
    public static void AddDomains(this IServiceCollection services)
    {
        services.AddOptions<DomainOptions>().BindConfiguration(DomainOptions.Section).ValidateOnStart();
        services.AddSingleton(new SettingsSection(DomainOptions.Section, DomainOptions.SettingNames));
        services.AddSingleton<IValidateOptions<DomainOptions>, DomainOptionsValidator>();
        services.AddSingleton<DomainMap>();
        services.AddSingleton<DomainLoader>();
        services.AddHostedService(provider => provider.GetRequiredService<DomainLoader>());
    }
}
