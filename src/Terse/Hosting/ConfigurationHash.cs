using System.Security.Cryptography;
using System.Text;

namespace Terse.Hosting;

/// <summary>
/// A hash of the settings, by which an operator sees whether two servers run with the same settings. It
/// covers every setting that has a value, from any source, except the settings that differ per server.
/// </summary>
internal static class ConfigurationHash
{
    /// <summary>12 hexadecimal digits.</summary>
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

    /// <summary>Writes each text with its length, so that "ab" differs from "a", "b".</summary>
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
