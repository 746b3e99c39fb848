using System.Text.Json.Serialization;
using Terse.Web;

namespace Terse.Redirects;

/// <summary>The JSON body of a preview, which shows where a link leads without a redirect.</summary>
/// <param name="ShortUrl">The short URL.</param>
/// <param name="Target">
/// Where the link leads this client, in ASCII; null, and absent, if the link has a password or a visit limit.
/// </param>
/// <param name="Title">The title of the link; null, and absent, if it has none.</param>
/// <param name="CreatedAt">When the link was created, in UTC.</param>
/// <param name="HasPassword">Whether the link needs a password.</param>
/// <param name="HasVisitLimit">Whether the link allows a limited number of visits.</param>
internal sealed record LinkPreview(
    string ShortUrl,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Target,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Title,
    DateTime CreatedAt,
    bool HasPassword,
    bool HasVisitLimit);

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
