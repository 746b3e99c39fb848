using System.Buffers;
using System.Globalization;

namespace Terse.Domains;

/// <summary>
/// Finds the host names that a browser would map to other characters or compose before it writes Punycode
/// (UTS 46, https://www.unicode.org/reports/tr46/). A change to lower case does not count, because .NET makes
/// it without ICU.
/// </summary>
internal static class HostMapping
{
    /// <summary>
    /// The first and the last character of each range. The ranges contain every character that is mapped,
    /// ignored or disallowed in IdnaMappingTable.txt of Unicode 15.1, unless <see cref="IsRefused"/> finds it
    /// by its category, and the combining marks and the jamo that compose with most letters before them
    /// (NFC_Quick_Check is Maybe). Some ranges contain other characters too, which are rare in hosts.
    /// </summary>
    private static readonly (int First, int Last)[] Ranges =
    [
        // Latin: signs, digraphs, modifier letters, combining marks
        (0x00A0, 0x00BF), (0x0130, 0x0130), (0x0132, 0x0133), (0x013F, 0x0140), (0x0149, 0x0149),
        (0x017F, 0x017F), (0x01C4, 0x01CC), (0x01F1, 0x01F3), (0x02B0, 0x036F), (0x1D2C, 0x1D6A),
        (0x1D78, 0x1D78), (0x1D9B, 0x1DBF), (0x1E9A, 0x1E9B), (0x2C7C, 0x2C7D), (0xA69C, 0xA69D),
        (0xA770, 0xA770), (0xA7F2, 0xA7F4), (0xA7F8, 0xA7F9), (0xAB5C, 0xAB5F), (0xAB69, 0xAB69),
        (0x10780, 0x107BF),

        // Greek: symbols, oxia, iota below
        (0x0374, 0x0374), (0x037A, 0x037A), (0x037E, 0x037E), (0x0384, 0x0385), (0x0387, 0x0387),
        (0x03D0, 0x03D6), (0x03F0, 0x03F2), (0x03F5, 0x03F5), (0x03F9, 0x03F9), (0x1F71, 0x1F71),
        (0x1F73, 0x1F73), (0x1F75, 0x1F75), (0x1F77, 0x1F77), (0x1F79, 0x1F79), (0x1F7B, 0x1F7B),
        (0x1F7D, 0x1F7D), (0x1F80, 0x1FAF), (0x1FB2, 0x1FB4), (0x1FB7, 0x1FB7), (0x1FBB, 0x1FC4),
        (0x1FC7, 0x1FC7), (0x1FC9, 0x1FC9), (0x1FCB, 0x1FCF), (0x1FD3, 0x1FD3), (0x1FDB, 0x1FDB),
        (0x1FDD, 0x1FDF), (0x1FE3, 0x1FE3), (0x1FEB, 0x1FEB), (0x1FED, 0x1FEF), (0x1FF2, 0x1FF4),
        (0x1FF7, 0x1FF7), (0x1FF9, 0x1FF9), (0x1FFB, 0x1FFE),

        // Cyrillic, Armenian, Georgian, Cherokee (its lower case is mapped to upper case), Tifinagh
        (0x1C80, 0x1C88), (0x1E030, 0x1E06D), (0x0587, 0x0587), (0x10FC, 0x10FC), (0x13A0, 0x13FD),
        (0xAB70, 0xABBF), (0x2D6F, 0x2D6F),

        // Devanagari, Bengali, Gurmukhi, Oriya, Thai, Lao, Tibetan, Khmer, Mongolian
        (0x0958, 0x095F), (0x09DC, 0x09DD), (0x09DF, 0x09DF), (0x0A33, 0x0A33), (0x0A36, 0x0A36),
        (0x0A59, 0x0A5B), (0x0A5E, 0x0A5E), (0x0B5C, 0x0B5D), (0x0E33, 0x0E33), (0x0EB3, 0x0EB3),
        (0x0EDC, 0x0EDD), (0x0F0C, 0x0F0C), (0x0F43, 0x0F43), (0x0F4D, 0x0F4D), (0x0F52, 0x0F52),
        (0x0F57, 0x0F57), (0x0F5C, 0x0F5C), (0x0F69, 0x0F69), (0x0F73, 0x0F73), (0x0F75, 0x0F79),
        (0x0F81, 0x0F81), (0x0F93, 0x0F93), (0x0F9D, 0x0F9D), (0x0FA2, 0x0FA2), (0x0FA7, 0x0FA7),
        (0x0FAC, 0x0FAC), (0x0FB9, 0x0FB9), (0x17B4, 0x17B5), (0x180B, 0x180F),

        // Hangul jamo, radicals, kana marks, enclosed characters, ideographs of compatibility
        (0x1100, 0x11FF), (0x2E80, 0x2FFF), (0x3036, 0x3036), (0x3038, 0x303A), (0x3099, 0x309C),
        (0x309F, 0x309F), (0x30FF, 0x30FF), (0x3131, 0x318E), (0x3192, 0x319F), (0x31EF, 0x31EF),
        (0x3200, 0x33FF), (0x1F200, 0x1F251), (0x2F800, 0x2FA1D),

        // Punctuation, symbols, presentation forms, music, mathematics, tags
        (0x2000, 0x2BFF), (0xF900, 0xFFEF), (0xFFFC, 0xFFFD), (0x1CCD6, 0x1CCF9), (0x1D15E, 0x1D164),
        (0x1D1BB, 0x1D1C0), (0x1D400, 0x1D7FF), (0x1F100, 0x1F10A), (0x1F110, 0x1F12E), (0x1F130, 0x1F14F),
        (0x1F16A, 0x1F16C), (0x1F190, 0x1F190), (0x1FBF0, 0x1FBF9), (0xE0000, 0xE0FFF),
    ];

    /// <summary>
    /// The marks that compose with few letters, and the letters that they compose with: Arabic, Devanagari,
    /// Bengali, Oriya, Tamil, Telugu, Kannada, Malayalam, Sinhala, Myanmar and Balinese. After other letters
    /// the marks stay as they are.
    /// </summary>
    private static readonly SearchValues<char> Marks = SearchValues.Create(
        "\u0653\u0654\u0655\u093C\u09BE\u09D7\u0B3E\u0B56\u0B57\u0BBE\u0BD7\u0C56\u0CC2\u0CD5\u0CD6\u0D3E"
        + "\u0D57\u0DCA\u0DCF\u0DDF\u102E\u1B35");

    /// <inheritdoc cref="Marks"/>
    private static readonly SearchValues<char> LettersBeforeMarks = SearchValues.Create(
        "\u0627\u0648\u064A\u06C1\u06D2\u06D5\u0928\u0930\u0933\u09C7\u0B47\u0B92\u0BC6\u0BC7\u0C46\u0CBF"
        + "\u0CC6\u0CCA\u0D46\u0D47\u0DD9\u0DDC\u1025\u1B05\u1B07\u1B09\u1B0B\u1B0D\u1B11\u1B3A\u1B3C\u1B3E"
        + "\u1B3F\u1B42");

    /// <summary>Whether a browser would change a host name by more than lower case.</summary>
    public static bool IsNeeded(ReadOnlySpan<char> name)
    {
        foreach (var rune in name.EnumerateRunes())
        {
            if (!rune.IsAscii && IsRefused(rune.Value))
                return true;
        }

        for (var index = 1; index < name.Length; index++)
        {
            if (Marks.Contains(name[index]) && LettersBeforeMarks.Contains(name[index - 1]))
                return true;
        }

        return false;
    }

    private static bool IsRefused(int rune) =>
        Array.Exists(Ranges, range => range.First <= rune && rune <= range.Last)
        || CharUnicodeInfo.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.Control
            or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse
            or UnicodeCategory.SpaceSeparator;
}
