using System.Text.Json.Serialization;

namespace Terse.Links;

/// <summary>The JSON types of links.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(NewLink))]
[JsonSerializable(typeof(LinkChange))]
[JsonSerializable(typeof(LinkResource))]
internal sealed partial class LinkJson : JsonSerializerContext;
