using System.Globalization;

namespace Terse.Commands;

/// <summary>
/// A number with an optional suffix: <c>k</c> (thousand), <c>M</c> (million) or <c>G</c> (billion).
/// </summary>
internal static class Quantity
{
    private static readonly (double Factor, string Suffix)[] Suffixes = [(1e9, "G"), (1e6, "M"), (1e3, "k")];

    /// <summary>Returns null if the text is no number of 0 or more.</summary>
    public static double? TryParse(string text)
    {
        var (factor, suffix) = Suffixes.FirstOrDefault(
            candidate => text.EndsWith(candidate.Suffix, StringComparison.Ordinal), (1, ""));
        return double.TryParse(
                text[..^suffix.Length],
                NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out var number)
            && double.IsFinite(number)
                ? number * factor
                : null;
    }

    /// <summary>Writes a number with few digits and a suffix.</summary>
    public static string Format(double number)
    {
        var (factor, suffix) = Suffixes.FirstOrDefault(candidate => number >= candidate.Factor, (1, ""));
        var value = number / factor;
        var digits = value switch
        {
            >= 100 => "#,0",
            >= 10 => "0.#",
            >= 0.1 => "0.##",
            _ => "0.####",
        };
        return value.ToString(digits, CultureInfo.InvariantCulture) + suffix;
    }
}
