using System.Text.Json.Serialization;
using Terse.Web;

namespace Terse.Links;

/// <summary>The types that the link endpoints read and write as JSON.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(NewLink))]
[JsonSerializable(typeof(LinkChange))]
[JsonSerializable(typeof(LinkResource))]
internal sealed partial class LinkJson : JsonSerializerContext
{
    /// <summary>
    /// The instance to use. The generated <c>Default</c> instance does not apply <see cref="JsonRules"/>.
    /// </summary>
    public static LinkJson Instance { get; } = new(JsonRules.CreateOptions());
}
