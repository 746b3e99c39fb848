using System.Text.Json.Serialization;
using Terse.Web;

namespace Terse.Events;

/// <summary>Lists the types that the endpoints in this folder write as JSON.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(EventSchemaListResource))]
internal sealed partial class EventSchemaJson : JsonSerializerContext
{
    /// <inheritdoc cref="WebhookApiJson.Instance"/>
    public static EventSchemaJson Instance { get; } = new(JsonRules.CreateOptions());
}
