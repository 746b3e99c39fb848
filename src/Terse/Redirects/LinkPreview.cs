using System.Text.Json.Serialization;
using Terse.Web;

namespace Terse.Redirects;

/// <summary>The JSON body of a preview, which shows where a link leads without a redirect.</summary>
internal sealed record LinkPreview(string ShortUrl, string Target);

/// <summary>Lists the types that redirects write as JSON.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(LinkPreview))]
internal sealed partial class RedirectJson : JsonSerializerContext
{
    /// <summary>
    /// The instance with the options of <see cref="JsonRules"/>. The generated <c>Default</c> instance does
    /// not have these options.
    /// </summary>
    public static RedirectJson Instance { get; } = new(JsonRules.CreateOptions());
}
