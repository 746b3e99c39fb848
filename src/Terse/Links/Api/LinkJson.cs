using System.Text.Json.Serialization;
using Terse.Web;

namespace Terse.Links;

/// <summary>Lists the types that the link endpoints read and write as JSON.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(NewLink))]
[JsonSerializable(typeof(LinkChange))]
[JsonSerializable(typeof(LinkResource))]
[JsonSerializable(typeof(BatchBody))]
[JsonSerializable(typeof(BatchItem))]
[JsonSerializable(typeof(BatchResource))]
[JsonSerializable(typeof(LinkListResource))]
[JsonSerializable(typeof(TagListResource))]
[JsonSerializable(typeof(TagRename))]
[JsonSerializable(typeof(DomainFields))]
[JsonSerializable(typeof(DomainResource))]
[JsonSerializable(typeof(DomainListResource))]
[JsonSerializable(typeof(BlockFields))]
[JsonSerializable(typeof(BlockResource))]
[JsonSerializable(typeof(BlockListResource))]
[JsonSerializable(typeof(ReportFields))]
[JsonSerializable(typeof(ReportListResource))]
[JsonSerializable(typeof(string[]))]
internal sealed partial class LinkJson : JsonSerializerContext
{
    /// <summary>
    /// The instance with the options of <see cref="JsonRules"/>. The generated <c>Default</c> instance does
    /// not have these options.
    /// </summary>
    public static LinkJson Instance { get; } = new(JsonRules.CreateOptions());
}
