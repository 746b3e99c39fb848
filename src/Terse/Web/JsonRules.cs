using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Terse.Web;

/// <summary>
/// The rules by which Terse reads and writes JSON. Each feature lists its types in a source-generated context
/// of its own, which states no rules (docs/decisions/0010-a-json-context-a-feature.md).
/// </summary>
internal static class JsonRules
{
    /// <summary>Applies the rules, and reads and writes the types of these contexts only.</summary>
    /// <remarks>
    /// <para>
    /// Unknown and repeated fields are refused, because a misspelt rule of a link must not be ignored silently.
    /// </para>
    /// <para>
    /// <c>&amp;</c> and quotes in URLs are not escaped: the JSON is never part of a page, and people read it in
    /// a terminal.
    /// </para>
    /// </remarks>
    public static void Apply(JsonSerializerOptions options, IEnumerable<IJsonTypeInfoResolver> contexts)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.PropertyNameCaseInsensitive = true;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        options.TypeInfoResolver = JsonTypeInfoResolver.Combine([.. contexts]);
    }

    /// <summary>The serialization metadata of a type that a feature added with <c>AddJson</c>.</summary>
    public static JsonTypeInfo<T> TypeInfoOf<T>(HttpContext context)
    {
        var options = context.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value;
        return (JsonTypeInfo<T>)options.SerializerOptions.GetTypeInfo(typeof(T));
    }
}

/// <summary>The JSON types of this folder.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ProblemBody))]
internal sealed partial class WebJson : JsonSerializerContext;
