using System.Globalization;
using System.Runtime.InteropServices;

namespace Terse.Links;

/// <summary>
/// A range of times of the day, written like <c>09:00-17:30</c>. The end is exclusive, and can be
/// <c>24:00</c>. If the end is before the beginning, the range contains midnight.
/// </summary>
/// <param name="Begin">The first minute, counted from midnight.</param>
/// <param name="End">The minute after the last minute, counted from midnight.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct HourRange(int Begin, int End)
{
    private const int MinutesOfDay = 24 * 60;

    public static bool TryParse(string text, out HourRange range)
    {
        range = default;
        if (text.Length != 11 || text[5] != '-')
            return false;
        range = new(ReadMinute(text.AsSpan(0, 5)), ReadMinute(text.AsSpan(6)));
        return range.Begin is >= 0 and < MinutesOfDay && range.End >= 0 && range.Begin != range.End;
    }

    /// <param name="minute">A minute of the day, counted from midnight.</param>
    public bool Contains(int minute) =>
        Begin < End ? minute >= Begin && minute < End : minute >= Begin || minute < End;

    /// <returns>A negative number if the text is not a time of the day.</returns>
    private static int ReadMinute(ReadOnlySpan<char> text) =>
        text[2] == ':'
        && int.TryParse(text[..2], NumberStyles.None, CultureInfo.InvariantCulture, out var hour)
        && int.TryParse(text[3..], NumberStyles.None, CultureInfo.InvariantCulture, out var minute)
        && minute < 60
        && (hour * 60) + minute <= MinutesOfDay
            ? (hour * 60) + minute
            : -1;
}
