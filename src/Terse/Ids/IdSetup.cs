using Microsoft.Extensions.Options;
using Terse.Hosting;

namespace Terse.Ids;

/// <summary>
/// Registers the services that mint the ids of links. A server reserves a node in the database
/// (<see cref="INodeStore"/>). With the node, the server mints ids that no other server can mint
/// (<see cref="IdMint"/>).
/// </summary>
internal static class IdSetup
{
    public static void AddIds(this IServiceCollection services)
    {
        services.AddOptions<IdOptions>().BindConfiguration(IdOptions.Section).ValidateAtStart();
        services.AddSingleton(new SettingsSection(IdOptions.Section, IdOptions.SettingNames)
        {
            Numbers = [nameof(IdOptions.NodeBits), nameof(IdOptions.SequenceBits)],
            Durations = [nameof(IdOptions.TickLength)],
        });
        services.AddSingleton<IValidateOptions<IdOptions>, IdOptionsValidator>();
        services.AddSingleton<IdMetrics>();
        services.AddSingleton<IdMint>();
        services.AddHostedService<NodeMetrics>();
        services.AddSingleton<IReadiness>(provider => provider.GetRequiredService<IdMint>());
        services.AddHostedService<NodeAcquirer>();
    }
}
