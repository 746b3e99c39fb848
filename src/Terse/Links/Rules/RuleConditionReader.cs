using System.Globalization;
using System.Text.Json;

namespace Terse.Links;

/// <summary>
/// Reads the conditions of a rule in a request. A condition with several values can be sent as one text or as
/// a list of texts.
/// </summary>
internal sealed class RuleConditionReader(VisitorNames names)
{
    /// <summary>The maximum number of values of one condition; more than there are countries.</summary>
    public const int MaxValues = 256;

    public const string NoCondition =
        "A rule needs at least one condition; the link's own target is for all other visitors.";

    private const int MaxLanguageLength = 35;
    private const int MaxQueryLength = 256;

    private static readonly string[] Members =
    [
        "device", "os", "browser", "language", "country", "query", "days", "hours", "zone", "from", "until",
        "percent",
    ];

    /// <summary>The weekdays in the order of <see cref="DayOfWeek"/>.</summary>
    public static readonly string[] Days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    /// <param name="path">The path of the conditions, such as <c>rules[0].if</c>.</param>
    /// <param name="sent">The value in the request.</param>
    /// <param name="condition">The conditions. Use them only without a refusal.</param>
    /// <returns>Why the conditions are refused; null if they are valid.</returns>
    public Refusal? Read(string path, JsonElement sent, out RuleCondition condition)
    {
        IReadOnlyList<string>? device = null, os = null, browser = null, language = null, country = null;
        IReadOnlyList<string>? query = null, days = null, hours = null;
        string? zone = null;
        DateTime? from = null, until = null;
        int? percent = null;
        var refusal = SentObject.Read(path, sent, Members, out var read)
            ?? ReadNames(read, "device", names.Devices, out device)
            ?? ReadNames(read, "os", names.Systems, out os)
            ?? ReadNames(read, "browser", names.Browsers, out browser)
            ?? ReadValues(
                read, "language", LanguageOf, "a language tag such as 'ko' or 'pt-BR'", out language)
            ?? ReadValues(
                read, "country", CountryOf, "a country code of two letters, such as 'KR'", out country)
            ?? ReadValues(
                read,
                "query",
                QueryOf,
                "the name of a query parameter, such as 'ref', or a name with a value, such as 'ref=mail'",
                out query)
            ?? ReadNames(read, "days", [.. Days[1..], Days[0]], out days)
            ?? ReadValues(
                read, "hours", HoursOf, "a range of times such as '09:00-17:30' or '22:00-06:00'", out hours)
            ?? ReadZone(read, out zone)
            ?? ReadInstant(read, "from", out from)
            ?? ReadInstant(read, "until", out until)
            ?? ReadPercent(read, out percent);
        condition = new()
        {
            Device = device,
            Os = os,
            Browser = browser,
            Language = language,
            Country = country,
            Query = query,
            Days = days,
            Hours = hours,
            Zone = zone,
            From = from,
            Until = until,
            Percent = percent,
        };
        return refusal ?? CheckWhole(path, condition);
    }

    private static Refusal? CheckWhole(string path, RuleCondition condition) =>
        condition == new RuleCondition()
            ? Refusal.OfField(path, NoCondition)
        : condition is { Zone: not null, Days: null, Hours: null }
            ? Refusal.OfField(
                path + ".zone", "'zone' is the time zone of 'days' and 'hours'; send one of these, too.")
        : condition.From >= condition.Until
            ? Refusal.OfField(path + ".until", "'until' must be after 'from'; send a later time.")
            : null;

    private static Refusal? ReadNames(
        SentObject sent, string name, IReadOnlyList<string> known, out IReadOnlyList<string>? values) =>
        ReadValues(
            sent,
            name,
            text => known.FirstOrDefault(one => one.Equals(text, StringComparison.OrdinalIgnoreCase)),
            $"one of {string.Join(", ", known)}",
            out values);

    /// <param name="sent">The conditions.</param>
    /// <param name="name">The name of the condition.</param>
    /// <param name="canonicalize">Returns the stored form of a value; null if the value is invalid.</param>
    /// <param name="expected">Describes a valid value in an error message.</param>
    /// <param name="values">The values in their stored form; null if the condition is absent.</param>
    private static Refusal? ReadValues(
        SentObject sent,
        string name,
        Func<string, string?> canonicalize,
        string expected,
        out IReadOnlyList<string>? values)
    {
        values = null;
        if (!sent.TryGet(name, out var value))
            return null;
        var texts = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : new[] { value };
        if (texts.Length > MaxValues)
        {
            return Refusal.OfField(sent.PathOf(name), string.Create(
                CultureInfo.InvariantCulture,
                $"A condition can have at most {MaxValues} values; {texts.Length} were sent."));
        }

        var read = new List<string>();
        foreach (var text in texts)
        {
            if (text.ValueKind != JsonValueKind.String || canonicalize(text.GetString()!) is not { } one)
            {
                return Refusal.OfField(
                    sent.PathOf(name),
                    $"'{name}' must be {expected}, or a list of these; {SentObject.Show(text)} was sent.");
            }

            if (!read.Contains(one, StringComparer.Ordinal))
                read.Add(one);
        }

        values = read;
        return null;
    }

    /// <summary>Whether a text has the form of a tag of RFC 5646: subtags of letters and digits.</summary>
    private static string? LanguageOf(string text)
    {
        var subtags = text.Split('-');
        return text.Length <= MaxLanguageLength
            && subtags[0].Length >= 2
            && subtags[0].All(char.IsAsciiLetter)
            && Array.TrueForAll(subtags, subtag =>
                subtag.Length is >= 1 and <= 8 && subtag.All(char.IsAsciiLetterOrDigit))
            ? text
            : null;
    }

    /// <remarks>The codes <c>XX</c> and <c>ZZ</c> mean an unknown country.</remarks>
    private static string? CountryOf(string text) =>
        text.Length == 2 && text.All(char.IsAsciiLetter) && text.ToUpperInvariant() is not ("XX" or "ZZ")
            ? text.ToUpperInvariant()
            : null;

    private static string? QueryOf(string text) =>
        text.Length is > 0 and <= MaxQueryLength && text[0] != '=' && !text.Any(char.IsControl) ? text : null;

    private static string? HoursOf(string text) => HourRange.TryParse(text, out _) ? text : null;

    private static Refusal? ReadZone(SentObject sent, out string? zone)
    {
        if (sent.ReadText("zone", out zone) is { } refusal)
            return refusal;
        return zone is null || TimeZones.TryFind(zone, out _)
            ? null
            : Refusal.OfField(
                sent.PathOf("zone"),
                "'zone' must be the IANA name of a time zone, such as 'Asia/Seoul'; "
                + $"'{Refusal.Shorten(zone)}' was sent.");
    }

    private static Refusal? ReadInstant(SentObject sent, string name, out DateTime? instant)
    {
        DateTimeOffset? read = null;
        var refusal = sent.ReadText(name, out var text)
            ?? LinkTimes.ReadInstant(sent.PathOf(name), text, out read);
        instant = read?.UtcDateTime;
        return refusal;
    }

    private static Refusal? ReadPercent(SentObject sent, out int? percent)
    {
        percent = null;
        if (!sent.TryGet("percent", out var value))
            return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number)
            && number is >= 1 and <= 100)
        {
            percent = number;
            return null;
        }

        return Refusal.OfField(
            sent.PathOf("percent"),
            $"'percent' must be a whole number from 1 to 100; {SentObject.Show(value)} was sent.");
    }
}
