using System.Globalization;
using System.Text;

namespace Terse.Links;

/// <summary>
/// Cuts texts into words, for both stores, so that a search gives the same results on both. A word is a run
/// of letters, digits and combining marks of any script, in lower case; an emoji is a word of its own. All
/// other characters separate words. A search finds a word by its beginning.
/// </summary>
/// <remarks>
/// Runtimes without ICU cannot normalize text. Hangul syllables that were sent as single letters (jamo) are
/// composed here, because their composition is arithmetic (Unicode Standard, section 3.12).
/// </remarks>
internal static class SearchWords
{
    /// <summary>
    /// The maximum length of a word in characters (Unicode scalar values). A longer word counts as this many
    /// characters of its beginning, in links and in searches.
    /// </summary>
    public const int MaxLength = 32;

    /// <summary>The maximum number of different words of a link; further words are not found.</summary>
    public const int MaxWords = 512;

    private const int ZeroWidthNonJoiner = 0x200C;
    private const int ZeroWidthJoiner = 0x200D;

    /// <summary>Returns the words by which a link is found.</summary>
    public static HashSet<string> Of(Link link)
    {
        var words = new HashSet<string>(StringComparer.Ordinal);
        if (link.Settings.Title is { } title)
            Cut(title, words);
        foreach (var tag in link.Settings.Tags ?? [])
            Cut(tag, words);
        foreach (var code in LinkCodes.All(link))
        {
            if (!char.IsAsciiDigit(code[0])) // A search finds a generated code only as a whole.
                Cut(code, words);
        }

        CutTarget(link.Target, words);
        if (link.Settings.Note is { } note)
            Cut(note, words);
        return words;
    }

    /// <summary>
    /// Adds the words of a text to a set, which contains at most <see cref="MaxWords"/> words.
    /// </summary>
    public static void Cut(string text, ISet<string> words)
    {
        var word = new StringBuilder();
        var length = 0;
        Rune? flag = null; // the first half of an emoji that consists of two regional indicators
        foreach (var rune in ComposeHangul(text).EnumerateRunes())
        {
            switch (KindOf(rune))
            {
                case Kind.Letter:
                    if (length++ < MaxLength)
                        AppendLower(word, rune);
                    continue;
                case Kind.Ignored:
                    continue;
                case Kind.Emoji when IsRegionalIndicator(rune) && flag is { } first:
                    Add(first.ToString() + rune);
                    flag = null;
                    continue;
                case Kind.Emoji when IsRegionalIndicator(rune):
                    flag = rune;
                    break;
                case Kind.Emoji:
                    AddWord();
                    Add(rune.ToString());
                    continue;
            }

            AddWord();
        }

        AddWord();

        void AddWord()
        {
            Add(word.ToString());
            word.Clear();
            length = 0;
        }

        void Add(string found)
        {
            if (found.Length > 0 && words.Count < MaxWords)
                words.Add(found);
        }
    }

    private static void AppendLower(StringBuilder word, Rune rune)
    {
        if (rune.IsAscii)
            word.Append((char)(rune.Value | 0x20)); // Digits have this bit already.
        else
            word.Append(Rune.ToLowerInvariant(rune).ToString());
    }

    /// <summary>Adds the words of a URL without its scheme. Percent-encoded text is decoded.</summary>
    private static void CutTarget(string target, HashSet<string> words)
    {
        var rest = target[(target.IndexOf(':', StringComparison.Ordinal) + 1)..];
        Cut(rest.Contains('%', StringComparison.Ordinal) ? Uri.UnescapeDataString(rest) : rest, words);
    }

    private enum Kind
    {
        Separator,
        Letter,
        Emoji,

        /// <summary>Belongs to the character before it, and does not distinguish words.</summary>
        Ignored,
    }

    private static Kind KindOf(Rune rune)
    {
        if (rune.IsAscii)
            return char.IsAsciiLetterOrDigit((char)rune.Value) ? Kind.Letter : Kind.Separator;
        if (rune.Value is ZeroWidthJoiner or ZeroWidthNonJoiner
            or (>= 0xFE00 and <= 0xFE0F) // variation selectors
            or (>= 0x1F3FB and <= 0x1F3FF)) // skin tones
        {
            return Kind.Ignored;
        }

        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.OtherSymbol when rune == Rune.ReplacementChar => Kind.Separator,
            UnicodeCategory.OtherSymbol => Kind.Emoji,
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter
                or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter
                or UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark
                or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
                or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber
                or UnicodeCategory.OtherNumber => Kind.Letter,
            _ => Kind.Separator,
        };
    }

    private static bool IsRegionalIndicator(Rune rune) => rune.Value is >= 0x1F1E6 and <= 0x1F1FF;

    private const int FirstLead = 0x1100, FirstVowel = 0x1161, FirstTail = 0x11A7, FirstSyllable = 0xAC00;
    private const int Vowels = 21, Tails = 28;

    private static string ComposeHangul(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange((char)FirstLead, (char)0x1112))
            return text;
        var composed = new StringBuilder(text.Length);
        foreach (var letter in text)
        {
            var last = composed.Length > 0 ? composed[^1] : '\0';
            if (last - FirstLead is >= 0 and < 19 && letter - FirstVowel is >= 0 and < Vowels)
            {
                var syllable = (((last - FirstLead) * Vowels) + (letter - FirstVowel)) * Tails;
                composed[^1] = (char)(FirstSyllable + syllable);
            }
            else if (last - FirstSyllable is >= 0 and < 11_172 && (last - FirstSyllable) % Tails == 0
                && letter - FirstTail is > 0 and < Tails)
            {
                composed[^1] = (char)(last + (letter - FirstTail));
            }
            else
            {
                composed.Append(letter);
            }
        }

        return composed.ToString();
    }
}
