using System.Globalization;

namespace Terse.Links;

/// <summary>The rules of a link beside its target, as they are sent: until when, and how often.</summary>
internal static class LinkRules
{
    /// <summary>Visits of the highest limit.</summary>
    public const long HighestLimit = 1_000_000_000_000;

    private static readonly string[] TimeFormats =
    [
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'",
        "yyyy-MM-dd'T'HH:mmzzz", "yyyy-MM-dd'T'HH:mm'Z'",
    ];

    /// <summary>
    /// Reads an instant of ISO 8601, down to the millisecond; one that has passed means that the link ends
    /// now. Without an offset from UTC it would be another instant for everybody.
    /// </summary>
    /// <param name="text">As sent; null for a link that does not expire.</param>
    /// <param name="expiresAt">In UTC.</param>
    /// <returns>Why it cannot be taken, or null.</returns>
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
                "An expiry is an instant with its offset from UTC, like '2027-01-31T18:00:00+01:00' or "
                + "'2027-01-31T17:00:00Z'.");
        }

        expiresAt = DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());
        return null;
    }

    /// <returns>Why a limit cannot be taken, or null.</returns>
    public static Refusal? CheckLimit(long? maxVisits) => maxVisits is < 1 or > HighestLimit
        ? new(
            RefusalKind.MaxVisitsInvalid,
            "maxVisits",
            $"A limit of visits is 1 to {HighestLimit.ToString(CultureInfo.InvariantCulture)}.")
        : null;
}
