using Microsoft.Extensions.Options;

namespace Terse.Hosting;

/// <summary>Registers the configuration that all servers share.</summary>
internal static class ConfigSetup
{
    /// <param name="services">The service collection of the server.</param>
    /// <param name="start">The document with which the server starts; null without one.</param>
    /// <param name="shared">The settings of the document.</param>
    /// <param name="findErrors">Validates later documents.</param>
    public static void AddSharedConfiguration(
        this IServiceCollection services,
        ConfigStart? start,
        SharedSettings shared,
        DocumentValidator findErrors)
    {
        services.AddOptions<ConfigOptions>().BindConfiguration(ConfigOptions.Section).ValidateAtStart();
        services.AddSingleton(new SettingsSection(ConfigOptions.Section, ConfigOptions.SettingNames)
        {
            PerServer = ConfigOptions.SettingNames,
            Durations = [nameof(ConfigOptions.Interval)],
        });
        services.AddSingleton<IValidateOptions<ConfigOptions>, ConfigOptionsValidator>();
        if (start is null)
            return;
        services.AddSingleton(start);
        if (start.Home is null)
            return;
        services.AddSingleton(shared);
        services.AddSingleton(findErrors);
        services.AddSingleton<ConfigState>();
        services.AddSingleton<ConfigWatcher>();
        services.AddHostedService(provider => provider.GetRequiredService<ConfigWatcher>());
        services.AddHostedService<ConfigMetrics>();
    }
}
