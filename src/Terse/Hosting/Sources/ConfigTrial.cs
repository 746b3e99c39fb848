using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Terse.Hosting;

/// <summary>A document that only some servers use, until it is published or given up.</summary>
/// <param name="Servers">The names of these servers (<see cref="ServerOptions.Name"/>).</param>
/// <param name="Document">The text of the document.</param>
internal sealed record ConfigTrial(IReadOnlyList<string> Servers, string Document)
{
    public byte[] Content => Encoding.UTF8.GetBytes(Document);

    public byte[] ToBytes() =>
        JsonSerializer.SerializeToUtf8Bytes(this, ConfigTrialJson.Default.ConfigTrial);

    /// <summary>Returns null if the bytes are no trial, or only a part of one.</summary>
    public static ConfigTrial? Parse(byte[] content)
    {
        try
        {
            return JsonSerializer.Deserialize(content, ConfigTrialJson.Default.ConfigTrial)
                is { Servers: not null, Document: not null } trial
                    ? trial
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ConfigTrial))]
internal sealed partial class ConfigTrialJson : JsonSerializerContext;
