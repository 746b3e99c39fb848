using System.Text.Json.Serialization;
using Terse.Web;

namespace Terse.Visits;

/// <summary>Visit counts of a time range.</summary>
/// <param name="From">The beginning, inclusive, as local time of the zone.</param>
/// <param name="To">The end, exclusive, as local time of the zone.</param>
/// <param name="Zone">The IANA name of the time zone.</param>
/// <param name="By">How <paramref name="Counts"/> are grouped.</param>
/// <param name="Visits">All person's visits, including visits without an entry in the counts.</param>
/// <param name="Bots">All visits of bots; null if the request does not include bots.</param>
/// <param name="Counts">Periods in ascending order, or values with the most frequent first.</param>
/// <param name="Missed">Requests that were not redirected, by outcome; null for a single link.</param>
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

/// <param name="Value">The beginning of the period, or the value of the dimension; empty if unknown.</param>
/// <param name="Visits">Person's visits.</param>
/// <param name="Bots">Visits of bots; null if the request does not include bots.</param>
internal sealed record CountResource(
    string Value,
    long Visits,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Bots);

/// <param name="Visits">Newest first.</param>
/// <param name="Next">The cursor of the next page; null on the last page.</param>
internal sealed record VisitListResource(
    IReadOnlyList<VisitResource> Visits,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Next);

/// <summary>A single visit. Texts are empty if the value is unknown.</summary>
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
