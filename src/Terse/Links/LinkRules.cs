using System.Globalization;

namespace Terse.Links;

/// <summary>Checks the expiry and the visit limit that a request sets for a link.</summary>
internal static class LinkRules
{
    /// <summary>The highest visit limit that a request may set.</summary>
    public const long MaxVisitLimit = 1_000_000_000_000;

    private static readonly string[] TimeFormats =
    [
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'",
        "yyyy-MM-dd'T'HH:mmzzz", "yyyy-MM-dd'T'HH:mm'Z'",
    ];

    /// <summary>
    /// Parses an ISO 8601 instant and truncates it to milliseconds. An instant in the past is valid: the link
    /// is then expired at once. The text must contain an offset from UTC, because a local time without an
    /// offset is ambiguous.
    /// </summary>
    /// <param name="text">The text in the request; null if the link never expires.</param>
    /// <param name="expiresAt">
    /// The parsed instant in UTC; null if the link never expires or if the text is refused.
    /// </param>
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
