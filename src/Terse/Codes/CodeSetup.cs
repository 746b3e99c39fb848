using Microsoft.Extensions.Options;
using Terse.Hosting;
using Terse.Ids;

namespace Terse.Codes;

/// <summary>
/// Registers the services that create codes from ids. The configured strategy creates the code of each new
/// link (<see cref="ICodeStrategy"/>). The other strategies still read the codes that they created before
/// the setting was changed (<see cref="CodeHistory"/>).
/// </summary>
internal static class CodeSetup
{
    public static void AddCodes(this IServiceCollection services)
    {
        services.AddIds();
        services.AddOptions<CodeOptions>().BindConfiguration(CodeOptions.Section).ValidateAtStart();
        services.AddSingleton(new SettingsSection(CodeOptions.Section, CodeOptions.SettingNames)
        {
            Secrets = [nameof(CodeOptions.Secret)],
            Flags = [nameof(CodeOptions.Opaque), nameof(CodeOptions.AllowSlash)],
            Numbers = [nameof(CodeOptions.RandomLength)],
        });
        services.AddSingleton<IValidateOptions<CodeOptions>, CodeOptionsValidator>();
        services.AddSingleton(provider => DesiredLayoutOf(
            provider.GetRequiredService<IOptions<CodeOptions>>().Value,
            provider.GetRequiredService<IOptions<IdOptions>>().Value));
        services.AddSingleton<CodeStrategies>();
        services.AddSingleton(provider => provider.GetRequiredService<CodeStrategies>().Chosen);
    }

    /// <summary>Returns the id layout that the settings request.</summary>
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
