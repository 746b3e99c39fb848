using System.Text.Json.Serialization;
using Terse.Web;

namespace Terse.Access;

/// <summary>Lists the types that the endpoints in this folder read and write as JSON.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(KeyRequest))]
[JsonSerializable(typeof(KeyRotation))]
[JsonSerializable(typeof(KeyResource))]
[JsonSerializable(typeof(KeyListResource))]
[JsonSerializable(typeof(AuditListResource))]
internal sealed partial class AccessJson : JsonSerializerContext
{
    /// <summary>
    /// The instance with the options of <see cref="JsonRules"/>. The generated <c>Default</c> instance does
    /// not have these options.
    /// </summary>
    public static AccessJson Instance { get; } = new(JsonRules.CreateOptions());
}
