using System.Text;

namespace Terse.Visits;

/// <summary>
/// Reads country codes of two letters (ISO 3166-1 alpha-2). The strings of all 676 pairs of letters are
/// created once, so that reading a code allocates nothing.
/// </summary>
internal static class CountryCode
{
    private const int Letters = 26;

    private static readonly string[] All = MakeAll();

    /// <summary>
    /// Returns the code in capitals. The result is empty if the text is not two ASCII letters, and for the
    /// codes <c>XX</c> and <c>ZZ</c>, which mean an unknown country.
    /// </summary>
    public static string Of(ReadOnlySpan<byte> text) => text.Length == 2 ? Of(text[0], text[1]) : "";

    /// <inheritdoc cref="Of(ReadOnlySpan{byte})"/>
    public static string Of(ReadOnlySpan<char> text) => text.Length == 2 ? Of(text[0], text[1]) : "";

    private static string Of(int first, int second)
    {
        // Setting the bit 0x20 converts an ASCII letter to lower case.
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
