using Microsoft.Extensions.Options;
using Terse.Hosting;

namespace Terse.Keys;

/// <summary>
/// How links come by their codes. A server reserves a node (<see cref="KeyMint"/>), mints ids with it that no
/// other server can mint, and the strategy of the settings makes a code of each (<see cref="IKeyStrategy"/>).
/// </summary>
internal static class KeySetup
{
    public static void AddKeys(this IServiceCollection services)
    {
        services.AddOptions<KeyOptions>().BindConfiguration(KeyOptions.Section).ValidateOnStart();
        services.AddSingleton(new SettingsSection(KeyOptions.Section, KeyOptions.Keys));
        services.AddSingleton<IValidateOptions<KeyOptions>, KeyOptionsValidator>();
        services.AddSingleton(provider => WishOf(provider.GetRequiredService<IOptions<KeyOptions>>().Value));
        services.AddSingleton<KeyStrategies>();
        services.AddSingleton(provider => provider.GetRequiredService<KeyStrategies>().Chosen);
        services.AddSingleton<KeyMint>();
        services.AddSingleton<IReadiness>(provider => provider.GetRequiredService<KeyMint>());
        services.AddHostedService<NodeKeeper>();
    }

    public static KeyWish WishOf(KeyOptions options) => new(
        options.TickLength,
        options.NodeBits,
        options.SequenceBits,
        options.Opaque,
        options.Secret is null ? null : OpaqueIds.CheckOf(options.Secret),
        options.Strategy switch
        {
            ForeignStrategy.CanonicalName => TsidLayout.Canonical,
            ForeignStrategy.SnowflakeName => TsidLayout.Snowflake,
            _ => null,
        });
}
