using Microsoft.Extensions.Options;
using Terse.Hosting;

namespace Terse.Links;

/// <summary>Registers the settings and the services of blocked hosts.</summary>
internal static class BlockSetup
{
    public static void AddBlocks(this IServiceCollection services)
    {
        services.AddOptions<BlockOptions>().BindConfiguration(BlockOptions.Section).ValidateAtStart();
        services.AddSingleton(new SettingsSection(BlockOptions.Section, BlockOptions.SettingNames)
        {
            Live = BlockOptions.SettingNames,
        });
        services.AddSingleton<IValidateOptions<BlockOptions>, BlockOptionsValidator>();
        services.AddSingleton<BlockMetrics>();
        services.AddSingleton(provider =>
        {
            var map = new BlockMap(provider.GetRequiredService<IBlockListener>());
            provider.GetRequiredService<BlockMetrics>().Observe(map);
            return map;
        });
        services.AddSingleton<BlockLoader>();
        services.AddSingleton<IBlockFreshness>(provider => provider.GetRequiredService<BlockLoader>());
        services.AddSingleton<BlockChanger>();
        services.AddHostedService(provider => provider.GetRequiredService<BlockLoader>());
        services.AddHostedService<BlockFileWatcher>();
    }
}
