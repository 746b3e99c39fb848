using System.Globalization;
using System.Runtime.InteropServices;
using Terse.Web;

namespace Terse.Events;

/// <summary>
/// The position of an event in the log, and the event's id. Events are ordered by their time, then by their
/// number. The text is <c>AT-NUMBER</c>, both in decimal.
/// </summary>
/// <param name="At">When the event was written, in microseconds since 1970.</param>
/// <param name="Number">
/// Distinguishes events of the same time. A later event of a link has a larger number.
/// </param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct EventPosition(long At, long Number) : IComparable<EventPosition>
{
    /// <summary>The position after all events that were written at or before an instant.</summary>
    public static EventPosition EndOf(long at) => new(at, long.MaxValue);

    public DateTimeOffset Time => DateTimeOffset.UnixEpoch.AddTicks(At * TimeSpan.TicksPerMicrosecond);

    /// <summary>Reads the text that <see cref="ToString"/> returns.</summary>
    public static bool TryParse(string text, out EventPosition position)
    {
        position = default;
        if (text.Split('-') is not [var first, var second]
            || !QueryParameters.TryParseNumber(first, out var at)
            || !QueryParameters.TryParseNumber(second, out var number)
            || at > (DateTimeOffset.MaxValue - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond)
        {
            return false;
        }

        position = new(at, number);
        return true;
    }

    public int CompareTo(EventPosition other) =>
        At != other.At ? At.CompareTo(other.At) : Number.CompareTo(other.Number);

    public static bool operator <(EventPosition left, EventPosition right) => left.CompareTo(right) < 0;

    public static bool operator >(EventPosition left, EventPosition right) => left.CompareTo(right) > 0;

    public static bool operator <=(EventPosition left, EventPosition right) => left.CompareTo(right) <= 0;

    public static bool operator >=(EventPosition left, EventPosition right) => left.CompareTo(right) >= 0;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At}-{Number}");
}
