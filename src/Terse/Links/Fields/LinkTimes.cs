using Terse.Hosting;

namespace Terse.Links;

/// <summary>Reads the instants and durations that a request sets for a link.</summary>
internal static class LinkTimes
{
    /// <summary>
    /// Parses an instant (<see cref="InstantText"/>). An instant in the past is valid: the link is then
    /// expired at once.
    /// </summary>
    /// <param name="field">The name of the field in the request.</param>
    /// <param name="text">The text in the request; null or empty for no instant.</param>
    /// <param name="instant">The instant in UTC; null if there is none or if the text is refused.</param>
    /// <returns>Why the text is refused; null if it is valid.</returns>
    public static Refusal? ReadInstant(string field, string? text, out DateTimeOffset? instant)
    {
        instant = null;
        if (string.IsNullOrEmpty(text))
            return null;
        if (!InstantText.TryParse(text, out var time))
        {
            return new(
                field == "expiresAt" ? RefusalKind.ExpiryInvalid : RefusalKind.FieldInvalid,
                field,
                $"The time must be {InstantText.Expected}; '{Refusal.Shorten(text)}' was sent.");
        }

        instant = time;
        return null;
    }

    /// <summary>
    /// Adds an ISO 8601 duration, such as <c>P1M</c>, <c>P2W</c> or <c>PT36H</c>, to an instant. Years and
    /// months are those of the calendar in UTC: one month after 31 January is the last day of February.
    /// </summary>
    /// <param name="text">The text in the request; null or empty for no duration.</param>
    /// <param name="now">The instant at which the duration begins.</param>
    /// <param name="end">The end of the duration, with a precision of 1 ms; null if there is none.</param>
    /// <returns>Why the text is refused; null if it is valid.</returns>
    public static Refusal? ReadDuration(string? text, DateTimeOffset now, out DateTimeOffset? end)
    {
        end = null;
        if (string.IsNullOrEmpty(text))
            return null;
        if (IsoDuration.TryAdd(text, now, out var time))
        {
            end = DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());
            return null;
        }

        return new(
            RefusalKind.ExpiryInvalid,
            "expiresIn",
            "The duration must be in ISO 8601 and end before the year 10000, such as 'P30D', 'P2W' or "
            + $"'PT36H'; '{Refusal.Shorten(text)}' was sent.");
    }
}
