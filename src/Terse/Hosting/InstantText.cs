using System.Globalization;

namespace Terse.Hosting;

/// <summary>
/// Reads the instants that clients and commands send. The text must contain an offset from UTC: a time
/// without an offset would be a different instant in each time zone, that of the server included.
/// </summary>
internal static class InstantText
{
    /// <summary>Describes a valid text: the end of the sentence "The time must be …".</summary>
    public const string Expected =
        "an instant with an offset from UTC, such as '2027-01-31T18:00:00+01:00' or '2027-01-31T17:00:00Z'";

    private static readonly string[] Formats =
    [
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'",
        "yyyy-MM-dd'T'HH:mmzzz", "yyyy-MM-dd'T'HH:mm'Z'",
    ];

    /// <summary>Parses an ISO 8601 instant, and truncates it to milliseconds.</summary>
    /// <param name="text">The text.</param>
    /// <param name="instant">The instant in UTC.</param>
    public static bool TryParse(string? text, out DateTimeOffset instant)
    {
        var isInstant = DateTimeOffset.TryParseExact(
            text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time);
        instant = DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());
        return isInstant;
    }
}
