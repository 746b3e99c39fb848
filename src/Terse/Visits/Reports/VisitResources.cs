using System.Text.Json.Serialization;
using Terse.Web;

namespace Terse.Visits;

/// <summary>The visit counts of a time range.</summary>
/// <param name="From">The beginning of the time range, inclusive, as local time of the zone.</param>
/// <param name="To">The end of the time range, exclusive, as local time of the zone.</param>
/// <param name="Zone">The IANA name of the time zone.</param>
/// <param name="By">The property or the period by which <paramref name="Counts"/> are grouped.</param>
/// <param name="Visits">
/// The number of all visits of people, including visits that no entry of <paramref name="Counts"/> contains.
/// </param>
/// <param name="Bots">The number of all visits of bots; null if the client did not ask for bots.</param>
/// <param name="Counts">
/// The counts, either of periods in ascending order or of values with the most frequent value first.
/// </param>
/// <param name="Missed">
/// How many requests were not redirected, by outcome; null if the counts are of a single link.
/// </param>
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

/// <summary>The number of visits in a period, or with a value.</summary>
/// <param name="Value">
/// The beginning of the period, or the value of the dimension. The value is empty if it is unknown, and
/// <c>(other)</c> for all values that are not in the list.
/// </param>
/// <param name="Visits">The number of visits of people.</param>
/// <param name="Bots">The number of visits of bots; null if the client did not ask for bots.</param>
internal sealed record CountResource(
    string Value,
    long Visits,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Bots);

/// <summary>A page of a list of visits.</summary>
/// <param name="Visits">The visits of the page, newest first.</param>
/// <param name="Next">
/// The cursor of the next page; null on the last page. A page can be empty and have a next page.
/// </param>
internal sealed record VisitListResource(
    IReadOnlyList<VisitResource> Visits,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Next);

/// <summary>A single visit. A text is empty if the value is unknown.</summary>
/// <param name="At">When the link was visited, in UTC.</param>
/// <param name="LinkId">The id of the link.</param>
/// <param name="Domain">The domain of the link.</param>
/// <param name="Code">The code of the link.</param>
/// <param name="Bot">Whether the visitor is a bot.</param>
/// <param name="Country">The ISO 3166-1 alpha-2 code of the visitor's country.</param>
/// <param name="Referrer">The host of the page with the link.</param>
/// <param name="Browser">The name of the browser.</param>
/// <param name="Os">The name of the operating system.</param>
/// <param name="Device">The type of the device.</param>
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

/// <summary>The types that the server writes as JSON in responses about visits.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(VisitsResource))]
[JsonSerializable(typeof(VisitListResource))]
internal sealed partial class VisitJson : JsonSerializerContext
{
    /// <summary>
    /// The context with the rules of <see cref="JsonRules"/>. The generated <c>Default</c> context does not
    /// have these rules.
    /// </summary>
    public static VisitJson Instance { get; } = new(JsonRules.CreateOptions());
}
