using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Terse.Web;

/// <summary>
/// Contains the options with which Terse reads and writes JSON. Each feature has its own source-generated
/// <see cref="JsonSerializerContext"/>, which lists the types of the feature but sets no options
/// (docs/decisions/0009-a-json-context-a-feature.md).
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
    /// Unknown and repeated fields are errors. Otherwise, Terse would silently ignore a field with a misspelt
    /// name. For example, a link with a misspelt <c>expiresAt</c> would never expire.
    /// </para>
    /// <para>
    /// <c>&amp;</c> and quotes in URLs are not escaped, because people read the JSON in a terminal. This is
    /// safe, because the JSON is never part of an HTML page.
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

/// <summary>Lists the types in this folder that are written as JSON.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ProblemBody))]
internal sealed partial class WebJson : JsonSerializerContext
{
    /// <summary>
    /// The instance with the options of <see cref="JsonRules"/>. The generated <c>Default</c> instance does
    /// not have these options.
    /// </summary>
    public static WebJson Instance { get; } = new(JsonRules.CreateOptions());
}
