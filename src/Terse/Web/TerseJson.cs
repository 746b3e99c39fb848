using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Terse.Fleet;
using Terse.Links;
using Terse.Redirects;
using Terse.Visits;

namespace Terse.Web;

/// <summary>Everything that Terse reads or writes as JSON.</summary>
internal static class TerseJson
{
    /// <summary>
    /// Writes <c>&amp;</c> and quotes in URLs as they are: the JSON is never part of a page, and people read
    /// it in a terminal.
    /// </summary>
    public static readonly TerseJsonContext Context = new(
        new JsonSerializerOptions(TerseJsonContext.Default.Options)
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        });

    /// <summary>Makes the web server read and write JSON by the same rules.</summary>
    public static void Configure(JsonSerializerOptions options)
    {
        options.TypeInfoResolver = Context;
        options.Encoder = Context.Options.Encoder;
        options.UnmappedMemberHandling = Context.Options.UnmappedMemberHandling;
        options.NumberHandling = Context.Options.NumberHandling;
        options.AllowDuplicateProperties = Context.Options.AllowDuplicateProperties;
    }
}

/// <remarks>
/// Unknown and repeated fields are refused: a misspelt rule of a link must not be passed over in silence.
/// </remarks>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    NumberHandling = JsonNumberHandling.Strict)]
[JsonSerializable(typeof(NewLink))]
[JsonSerializable(typeof(LinkChange))]
[JsonSerializable(typeof(LinkResource))]
[JsonSerializable(typeof(ProblemBody))]
[JsonSerializable(typeof(FleetResource))]
[JsonSerializable(typeof(LinkPreview))]
[JsonSerializable(typeof(VisitsResource))]
[JsonSerializable(typeof(VisitListResource))]
internal sealed partial class TerseJsonContext : JsonSerializerContext;
