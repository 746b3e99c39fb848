using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Terse.Links;

/// <summary>
/// Converts <see cref="LinkSettings"/> to the JSON text that both databases store. The text contains only the
/// values that differ from <see cref="LinkSettings.None"/>, so a later version of Terse can add values
/// without a change of the schema. A version that reads an unknown value ignores it.
/// </summary>
internal static class StoredSettings
{
    private const string Empty = "{}";
    private const string CreatedByBegin = "{\"createdBy\":\"";
    private const string CreatedByEnd = "\"}";

    /// <returns>Null for a link without settings.</returns>
    public static string? Write(LinkSettings settings)
    {
        if (ReferenceEquals(settings, LinkSettings.None))
            return null;
        var text = JsonSerializer.Serialize(settings, StoredSettingsJson.Default.LinkSettings);
        return text == Empty ? null : text;
    }

    public static LinkSettings Read(string? text) =>
        text is null ? LinkSettings.None
        : TryReadCreatedBy(text, out var id) ? new() { CreatedBy = id }
        : JsonSerializer.Deserialize(text, StoredSettingsJson.Default.LinkSettings)!;

    /// <summary>
    /// Reads settings that contain only the key that created the link. Most links of an installation with
    /// keys have no other settings, and for them this is faster than the JSON reader.
    /// </summary>
    private static bool TryReadCreatedBy(string text, [NotNullWhen(true)] out string? id)
    {
        id = null;
        if (!text.StartsWith(CreatedByBegin, StringComparison.Ordinal)
            || !text.EndsWith(CreatedByEnd, StringComparison.Ordinal))
        {
            return false;
        }

        var value = text.AsSpan(CreatedByBegin.Length..^CreatedByEnd.Length);
        if (value.ContainsAny('"', '\\'))
            return false;
        id = value.ToString();
        return true;
    }
}

/// <summary>Describes how <see cref="LinkSettings"/> is stored as JSON.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(LinkSettings))]
internal sealed partial class StoredSettingsJson : JsonSerializerContext;
