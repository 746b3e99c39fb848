using Microsoft.Extensions.Options;
using Terse.Hosting;
using Terse.Ids;

namespace Terse.Codes;

/// <summary>
/// Creates codes from ids. The configured strategy creates the code of each new link (<see
/// cref="ICodeStrategy"/>). Every strategy can read its older codes (<see cref="CodeHistory"/>).
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
        codes.Secret is null ? null : IdCipher.CheckValueOf(codes.Secret),
        codes.Strategy switch
        {
            ForeignStrategy.CanonicalName => TsidLayout.Canonical,
            ForeignStrategy.SnowflakeName => TsidLayout.Snowflake,
            _ => null,
        });
}
