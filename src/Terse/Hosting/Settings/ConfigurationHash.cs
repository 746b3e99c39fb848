using System.Security.Cryptography;
using System.Text;

namespace Terse.Hosting;

/// <summary>
/// Computes a hash of a server's settings. Operators compare the hashes of two servers to find out whether
/// both servers have the same settings. The hash covers every setting that has a value, from any source,
/// except the settings in <see cref="SettingsSection.PerServer"/>.
/// </summary>
internal static class ConfigurationHash
{
    /// <summary>
    /// Returns the hash of all settings in these sections, as 12 hexadecimal digits in lower case.
    /// </summary>
    public static string Of(IConfiguration configuration, IEnumerable<SettingsSection> sections)
    {
        using var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes, Encoding.UTF8, leaveOpen: true))
        {
            foreach (var section in sections.OrderBy(section => section.Name, StringComparer.Ordinal))
            {
                foreach (var setting in SharedSettingsOf(section))
                    Write(writer, configuration, section, setting);
            }
        }

        return Convert.ToHexStringLower(SHA256.HashData(bytes.ToArray()))[..12];
    }

    private static IEnumerable<string> SharedSettingsOf(SettingsSection section) => section.SettingNames
        .Except(section.PerServer, StringComparer.Ordinal)
        .Order(StringComparer.Ordinal);

    /// <summary>
    /// Writes the path and the values of a setting. The writer puts the length before each text, so that the
    /// texts "ab" and "c" give a different hash than "a" and "bc".
    /// </summary>
    private static void Write(
        BinaryWriter writer, IConfiguration configuration, SettingsSection section, string setting)
    {
        var isList = setting.EndsWith(":0", StringComparison.Ordinal);
        var path = $"{section.Name}:{(isList ? setting[..^2] : setting)}";
        string?[] values = isList
            ? [.. configuration.GetSection(path).GetChildren().Select(element => element.Value)]
            : [configuration[path]];
        foreach (var value in values.OfType<string>())
        {
            writer.Write(path);
            writer.Write(value);
        }
    }
}
