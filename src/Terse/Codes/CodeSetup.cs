using Microsoft.Extensions.Options;
using Terse.Hosting;
using Terse.Ids;

namespace Terse.Codes;

/// <summary>
/// Makes codes of ids: the strategy of the settings makes a code of each new id (<see cref="ICodeStrategy"/>),
/// and every strategy can read the codes that it made earlier (<see cref="CodeHistory"/>).
/// </summary>
internal static class CodeSetup
{
    public static void AddCodes(this IServiceCollection services)
    {
        services.AddOptions<CodeOptions>().BindConfiguration(CodeOptions.Section).ValidateOnStart();
        services.AddSingleton(new SettingsSection(CodeOptions.Section, CodeOptions.SettingNames));
        services.AddSingleton<IValidateOptions<CodeOptions>, CodeOptionsValidator>();
        services.AddSingleton(provider => DesiredLayoutOf(
            provider.GetRequiredService<IOptions<CodeOptions>>().Value,
            provider.GetRequiredService<IOptions<IdOptions>>().Value));
        services.AddSingleton<CodeStrategies>();
        services.AddSingleton(provider => provider.GetRequiredService<CodeStrategies>().Chosen);
    }

    /// <summary>The layout of ids that the settings ask for.</summary>
    public static DesiredLayout DesiredLayoutOf(CodeOptions codes, IdOptions ids) => new(
        ids.TickLength,
        ids.NodeBits,
        ids.SequenceBits,
        codes.Opaque,
        codes.Secret is null ? null : OpaqueIds.CheckOf(codes.Secret),
        codes.Strategy switch
        {
            ForeignStrategy.CanonicalName => TsidLayout.Canonical,
            ForeignStrategy.SnowflakeName => TsidLayout.Snowflake,
            _ => null,
        });
}
