using System.Security.Cryptography;
using System.Text;

namespace Terse.Hosting;

/// <summary>
/// Tells whether two servers run by the same settings: a hash of all that are set, wherever they come from,
/// except for those that have to differ.
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
                foreach (var key in KeysOf(section))
                    Write(writer, configuration, section, key);
            }
        }

        return Convert.ToHexStringLower(SHA256.HashData(bytes.ToArray()))[..12];
    }

    private static IEnumerable<string> KeysOf(SettingsSection section) => section.SettingNames
        .Except(section.PerServer, StringComparer.Ordinal)
        .Order(StringComparer.Ordinal);

    /// <summary>Each text goes with its length, so that none can pass for two.</summary>
    private static void Write(
        BinaryWriter writer, IConfiguration configuration, SettingsSection section, string key)
    {
        var isList = key.EndsWith(":0", StringComparison.Ordinal);
        var path = $"{section.Name}:{(isList ? key[..^2] : key)}";
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
