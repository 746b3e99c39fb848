using System.Text.Json;
using System.Text.Json.Serialization;

namespace Terse.Domains;

/// <summary>
/// Reads and writes <see cref="DomainSettings"/> as the stores keep them. Settings that a later version of
/// Terse has added are skipped.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DomainSettings))]
internal sealed partial class DomainSettingsJson : JsonSerializerContext
{
    public static string Write(DomainSettings settings) =>
        JsonSerializer.Serialize(settings, Default.DomainSettings);

    public static DomainSettings Read(string text) =>
        JsonSerializer.Deserialize(text, Default.DomainSettings) ?? new();
}
