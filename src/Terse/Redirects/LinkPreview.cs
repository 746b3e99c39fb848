using System.Text.Json.Serialization;
using Terse.Web;

namespace Terse.Redirects;

/// <summary>The JSON of a preview: where a link leads, without a redirect.</summary>
internal sealed record LinkPreview(string ShortUrl, string Target);

/// <summary>The JSON types of redirects.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(LinkPreview))]
internal sealed partial class RedirectJson : JsonSerializerContext
{
    /// <summary>The context with the rules of <see cref="JsonRules"/>, which <c>Default</c> lacks.</summary>
    public static RedirectJson Instance { get; } = new(JsonRules.CreateOptions());
}
