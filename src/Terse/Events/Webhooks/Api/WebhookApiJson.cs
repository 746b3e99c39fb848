using System.Text.Json.Serialization;
using Terse.Web;

namespace Terse.Events;

/// <summary>Lists the types that the endpoints in this folder read and write as JSON.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(WebhookFields))]
[JsonSerializable(typeof(WebhookChange))]
[JsonSerializable(typeof(WebhookResource))]
[JsonSerializable(typeof(WebhookListResource))]
[JsonSerializable(typeof(WebhookTestResource))]
[JsonSerializable(typeof(DeliveryListResource))]
[JsonSerializable(typeof(ReplayRequest))]
[JsonSerializable(typeof(ReplayResource))]
internal sealed partial class WebhookApiJson : JsonSerializerContext
{
    /// <summary>
    /// The instance with the options of <see cref="JsonRules"/>. The generated <c>Default</c> instance does
    /// not have these options.
    /// </summary>
    public static WebhookApiJson Instance { get; } = new(JsonRules.CreateOptions());
}
