using Microsoft.Extensions.Options;
using Terse.Hosting;

namespace Terse.Access;

/// <summary>Registers the limits of requests. Each server counts for itself.</summary>
internal static class LimitSetup
{
    /// <summary>The time within which the requests of a client come back.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    public static void AddLimits(this IServiceCollection services)
    {
        services.AddOptions<LimitOptions>().BindConfiguration(LimitOptions.Section).ValidateAtStart();
        services.AddSingleton(new SettingsSection(LimitOptions.Section, LimitOptions.SettingNames)
        {
            Numbers = LimitOptions.SettingNames,
            Live = LimitOptions.SettingNames,
        });
        services.AddSingleton<IValidateOptions<LimitOptions>, LimitOptionsValidator>();
        services.AddSingleton<LimitMetrics>();
        services.AddSingleton<CreationLimits>();
        services.AddSingleton<FailedKeys>();
    }
}
