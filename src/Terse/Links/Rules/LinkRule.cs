using System.Text.Json.Serialization;

namespace Terse.Links;

/// <summary>
/// A rule of a link. The first rule whose conditions hold for a visitor leads the visitor to its own target.
/// If there is none, the visitor is led to the target of the link.
/// </summary>
/// <param name="Name">The name, under which reports count the visits; unique in its link.</param>
/// <param name="If">The conditions.</param>
/// <param name="Target">The URL that the rule leads to, exactly as the client sent it.</param>
internal sealed record LinkRule(string Name, RuleCondition If, string Target);

/// <summary>
/// The conditions of a rule, which all have to hold. A condition that is null always holds. A condition with
/// a list holds if any value of the list does. The API and the database use the same JSON.
/// </summary>
internal sealed record RuleCondition
{
    /// <summary>The types of the device, spelt as in <see cref="VisitorNames"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Device { get; init; }

    /// <summary>The operating systems, spelt as in <see cref="VisitorNames"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Os { get; init; }

    /// <summary>The browsers, spelt as in <see cref="VisitorNames"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Browser { get; init; }

    /// <summary>The languages that the visitor prefers most, as tags of RFC 5646.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Language { get; init; }

    /// <summary>The countries as ISO 3166-1 alpha-2 codes in capitals.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Country { get; init; }

    /// <summary>
    /// The query parameters, decoded: <c>name</c> for a parameter with any value, or <c>name=value</c>.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Query { get; init; }

    /// <summary>The weekdays in <see cref="Zone"/>: <c>mon</c> to <c>sun</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Days { get; init; }

    /// <summary>The times of the day in <see cref="Zone"/>; see <see cref="HourRange"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Hours { get; init; }

    /// <summary>The IANA name of the time zone of days and hours; null for UTC.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Zone { get; init; }

    /// <summary>The beginning of the period in UTC, inclusive.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTime? From { get; init; }

    /// <summary>The end of the period in UTC, exclusive.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTime? Until { get; init; }

    /// <summary>The share of the visitors, 1 to 100.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Percent { get; init; }
}
