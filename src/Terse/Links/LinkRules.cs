using System.Globalization;

namespace Terse.Links;

/// <summary>Checks the rules of a link that a request contains: its expiry and its visit limit.</summary>
internal static class LinkRules
{
    /// <summary>The highest visit limit.</summary>
    public const long MaxVisitLimit = 1_000_000_000_000;

    private static readonly string[] TimeFormats =
    [
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'",
        "yyyy-MM-dd'T'HH:mmzzz", "yyyy-MM-dd'T'HH:mm'Z'",
    ];

    /// <summary>
    /// Reads an ISO 8601 instant and cuts it to milliseconds. An instant in the past ends the link at once.
    /// The offset from UTC is required, because a local time without an offset is ambiguous.
    /// </summary>
    /// <param name="text">The text in the request; null for a link that does not expire.</param>
    /// <param name="expiresAt">The instant in UTC.</param>
    /// <returns>Why the text is refused; null if it is valid.</returns>
    public static Refusal? ReadExpiry(string? text, out DateTimeOffset? expiresAt)
    {
        expiresAt = null;
        if (text is null)
            return null;
        if (!DateTimeOffset.TryParseExact(
            text, TimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            return new(
                RefusalKind.ExpiryInvalid,
                "expiresAt",
                "The expiry must be an instant with an offset from UTC, such as "
                + "'2027-01-31T18:00:00+01:00' or '2027-01-31T17:00:00Z'.");
        }

        expiresAt = DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());
        return null;
    }

    /// <returns>Why the limit is refused; null if it is valid.</returns>
    public static Refusal? CheckLimit(long? maxVisits) => maxVisits is < 1 or > MaxVisitLimit
        ? new(
            RefusalKind.MaxVisitsInvalid,
            "maxVisits",
            $"The visit limit must be 1 to {MaxVisitLimit.ToString(CultureInfo.InvariantCulture)}.")
        : null;
}
