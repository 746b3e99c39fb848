using System.Globalization;

namespace Terse.Commands;

/// <summary>Writes the numbers of the page; a number that is not known is "-".</summary>
internal static class PageNumber
{
    private const string Unknown = "-";

    /// <summary>A number a second: 0, 0.4, 12, 12,345.</summary>
    public static string Rate(double? rate) => rate switch
    {
        null => Unknown,
        0 => "0",
        < 0.1 => "<0.1",
        < 9.95 and var small => Text(small, "0.0"),
        var large => Text(large.Value, "#,##0"),
    };

    public static string Count(double? count) => count is { } number ? Text(number, "#,##0") : Unknown;

    /// <summary>A duration in seconds: 0.4 ms, 12 ms, 1.2 s. The longest one may have been longer.</summary>
    public static string Duration(double? seconds) => seconds switch
    {
        null => Unknown,
        < 0.00995 and var fast => Text(fast * 1000, "0.0") + " ms",
        < 0.9995 and var medium => Text(medium * 1000, "0") + " ms",
        >= 10 and var slow => ">" + Text(slow, "0") + " s",
        var other => Text(other.Value, "0.0") + " s",
    };

    public static string Seconds(double? seconds) =>
        seconds is { } number ? Text(number, "#,##0.0") + " s" : Unknown;

    public static string Share(double? share) =>
        share is { } number ? Text(Math.Floor(number * 1000) / 10, "0.0") + " %" : Unknown;

    public static string Megabytes(double? bytes) =>
        bytes is { } number ? Text(number / 1_000_000, "#,##0") + " MB" : Unknown;

    private static string Text(double number, string format) =>
        number.ToString(format, CultureInfo.InvariantCulture);
}
