using System.Text.Json.Serialization;
using Terse.Web;

namespace Terse.Links;

/// <summary>The JSON types of links.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(NewLink))]
[JsonSerializable(typeof(LinkChange))]
[JsonSerializable(typeof(LinkResource))]
internal sealed partial class LinkJson : JsonSerializerContext
{
    /// <summary>The context with the rules of <see cref="JsonRules"/>, which <c>Default</c> lacks.</summary>
    public static LinkJson Instance { get; } = new(JsonRules.CreateOptions());
}
