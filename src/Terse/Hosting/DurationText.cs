using System.Globalization;

namespace Terse.Hosting;

/// <summary>Reads durations of whole days or hours, such as <c>90d</c> and <c>12h</c>.</summary>
internal static class DurationText
{
    private const int MaxNumber = 100_000;

    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        if (text is not [.. var digits, 'd' or 'h']
            || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || number is 0 or > MaxNumber)
        {
            return false;
        }

        duration = text[^1] == 'd' ? TimeSpan.FromDays(number) : TimeSpan.FromHours(number);
        return true;
    }
}
