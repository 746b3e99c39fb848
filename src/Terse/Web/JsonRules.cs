using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Terse.Web;

/// <summary>
/// The rules by which Terse reads and writes JSON. Each feature lists its types in a source-generated context
/// of its own, which states no rules (docs/decisions/0010-a-json-context-a-feature.md).
/// </summary>
internal static class JsonRules
{
    public static JsonSerializerOptions CreateOptions()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        Apply(options);
        return options;
    }

    /// <remarks>
    /// <para>
    /// Unknown and repeated fields are refused, because a misspelt rule of a link must not be ignored
    /// silently.
    /// </para>
    /// <para>
    /// <c>&amp;</c> and quotes in URLs are not escaped: the JSON is never part of a page, and people read it
    /// in a terminal.
    /// </para>
    /// </remarks>
    public static void Apply(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.PropertyNameCaseInsensitive = true;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
    }
}

/// <summary>The JSON types of this folder.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ProblemBody))]
internal sealed partial class WebJson : JsonSerializerContext
{
    /// <summary>The context with the rules of <see cref="JsonRules"/>, which <c>Default</c> lacks.</summary>
    public static WebJson Instance { get; } = new(JsonRules.CreateOptions());
}
