using System.Globalization;
using System.Text.RegularExpressions;

namespace Terse.Links;

/// <summary>
/// Reads durations of ISO 8601: <c>P</c>, then years, months, weeks and days, then <c>T</c> with hours,
/// minutes and seconds. Each part is a whole number; at least one part is present.
/// </summary>
internal static partial class IsoDuration
{
    /// <summary>Adds a duration to an instant.</summary>
    /// <returns>False if the text is no duration, or if the end is after the year 9999.</returns>
    public static bool TryAdd(string text, DateTimeOffset start, out DateTimeOffset end)
    {
        end = start;
        if (Pattern.Match(text) is not { Success: true } match)
            return false;
        try
        {
            end = start.ToUniversalTime()
                .AddYears(Part(match, "years"))
                .AddMonths(Part(match, "months"))
                .AddDays((7.0 * Part(match, "weeks")) + Part(match, "days"))
                .AddHours(Part(match, "hours"))
                .AddMinutes(Part(match, "minutes"))
                .AddSeconds(Part(match, "seconds"));
            return true;
        }
        catch (ArgumentOutOfRangeException)
        {
            return false;
        }
    }

    private static int Part(Match match, string name) =>
        match.Groups[name] is { Success: true } part
            ? int.Parse(part.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture)
            : 0;

    [GeneratedRegex(
        "^P(?=[0-9T])((?<years>[0-9]{1,9})Y)?((?<months>[0-9]{1,9})M)?((?<weeks>[0-9]{1,9})W)?"
        + "((?<days>[0-9]{1,9})D)?(T(?=[0-9])((?<hours>[0-9]{1,9})H)?((?<minutes>[0-9]{1,9})M)?"
        + "((?<seconds>[0-9]{1,9})S)?)?\\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Pattern { get; }
}
