using System.Text;

namespace Terse.Visits;

/// <summary>
/// ISO 3166-1 alpha-2. All 676 pairs of letters are kept as texts, so that naming a country allocates
/// nothing.
/// </summary>
internal static class CountryCode
{
    private const int Letters = 26;

    private static readonly string[] All = MakeAll();

    /// <summary>
    /// The code in capitals; empty for what is none, and for <c>XX</c> and <c>ZZ</c>, unknown.
    /// </summary>
    public static string Of(ReadOnlySpan<byte> text) => text.Length == 2 ? Of(text[0], text[1]) : "";

    /// <inheritdoc cref="Of(ReadOnlySpan{byte})"/>
    public static string Of(ReadOnlySpan<char> text) => text.Length == 2 ? Of(text[0], text[1]) : "";

    private static string Of(int first, int second)
    {
        // Sets the bit in which a small letter differs from its capital.
        var (row, column) = ((first | 0x20) - 'a', (second | 0x20) - 'a');
        return row is >= 0 and < Letters && column is >= 0 and < Letters ? All[(row * Letters) + column] : "";
    }

    private static string[] MakeAll()
    {
        var all = new string[Letters * Letters];
        for (var index = 0; index < all.Length; index++)
        {
            var (row, column) = Math.DivRem(index, Letters);
            all[index] = Encoding.ASCII.GetString([(byte)('A' + row), (byte)('A' + column)]);
        }

        all[(Letters * ('X' - 'A')) + 'X' - 'A'] = all[^1] = "";
        return all;
    }
}
