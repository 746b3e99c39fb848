using System.Text.Json.Serialization;
using Terse.Web;

namespace Terse.Visits;

/// <summary>Visits of a stretch of time as the API shows them.</summary>
/// <param name="From">The first instant, in the zone.</param>
/// <param name="To">The first instant that no longer belongs to it.</param>
/// <param name="Zone">The IANA name.</param>
/// <param name="By">What <paramref name="Counts"/> are of.</param>
/// <param name="Visits">The visits of people; also those that no count shows.</param>
/// <param name="Bots">The visits of programs; null where they were not asked for.</param>
/// <param name="Counts">By time in order; else the most frequent first.</param>
/// <param name="Missed">Requests that led nowhere, by kind; null for a single link.</param>
internal sealed record VisitsResource(
    string From,
    string To,
    string Zone,
    string By,
    long Visits,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Bots,
    IReadOnlyList<CountResource> Counts,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    IReadOnlyList<CountResource>? Missed);

/// <param name="Value">The begin of the period, or the value; empty where it is unknown.</param>
/// <param name="Visits">Those of people.</param>
/// <param name="Bots">Those of programs; null where they were not asked for.</param>
internal sealed record CountResource(
    string Value,
    long Visits,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Bots);

/// <param name="Visits">Newest first.</param>
/// <param name="Next">The cursor of the next page; null where this is the last one.</param>
internal sealed record VisitListResource(
    IReadOnlyList<VisitResource> Visits,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Next);

/// <summary>A single visit; texts are empty where nothing is known.</summary>
internal sealed record VisitResource(
    DateTime At,
    string LinkId,
    string Domain,
    string Code,
    bool Bot,
    string Country,
    string Referrer,
    string Browser,
    string Os,
    string Device);

/// <summary>The JSON types of visits.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(VisitsResource))]
[JsonSerializable(typeof(VisitListResource))]
internal sealed partial class VisitJson : JsonSerializerContext
{
    /// <summary>The context with the rules of <see cref="JsonRules"/>, which <c>Default</c> lacks.</summary>
    public static VisitJson Instance { get; } = new(JsonRules.CreateOptions());
}
