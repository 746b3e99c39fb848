using System.Buffers;
using System.Globalization;
using System.Text;

namespace Terse.Links;

/// <summary>
/// Decides which characters a code may contain: letters and digits of any script, combining marks, emoji, and
/// some ASCII punctuation. The decision needs no tables of Unicode beyond the categories that .NET contains
/// (docs/decisions/0003-no-icu.md).
/// </summary>
internal static class CodeCharacters
{
    private const int Joiner = 0x200D;
    private const int EmojiStyle = 0xFE0F;
    private const int BlackFlag = 0x1F3F4;

    private const string AsciiText =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.~!$&'()*,;=:@";

    private static readonly SearchValues<char> Ascii = SearchValues.Create(AsciiText);
    private static readonly SearchValues<char> AsciiAndSlash = SearchValues.Create(AsciiText + "/");

    /// <summary>The first and the last scalar value of each block that contains emoji.</summary>
    private static readonly (int First, int Last)[] EmojiBlocks =
    [
        (0xA9, 0xA9), (0xAE, 0xAE), (0x203C, 0x203C), (0x2049, 0x2049), (0x2122, 0x2122), (0x2139, 0x2139),
        (0x2194, 0x21AA), (0x231A, 0x23FF), (0x24C2, 0x24C2), (0x25AA, 0x25FE), (0x2600, 0x27BF),
        (0x2934, 0x2935), (0x2B05, 0x2B55), (0x3030, 0x3030), (0x303D, 0x303D), (0x3297, 0x3299),
        (0x1F000, 0x1FAFF),
    ];

    /// <summary>Jamo that browsers and keyboards compose to syllables.</summary>
    private static readonly (int First, int Last)[] ConjoiningJamo =
        [(0x1100, 0x11FF), (0xA960, 0xA97F), (0xD7B0, 0xD7FF)];

    /// <summary>Whether all characters of the text may be in a code, also in their order.</summary>
    public static bool AreAllowed(ReadOnlySpan<char> text, bool allowSlash) =>
        !text.ContainsAnyExcept(allowSlash ? AsciiAndSlash : Ascii)
        || FindMistake(text, allowSlash) is null;

    /// <summary>
    /// Finds the first character that a code may not contain.
    /// </summary>
    /// <returns>
    /// The position of the character, which counts from 1, and the reason; null if there is none.
    /// </returns>
    public static CodeMistake? FindMistake(ReadOnlySpan<char> text, bool allowSlash)
    {
        var ascii = allowSlash ? AsciiAndSlash : Ascii;
        var position = 0;
        Rune before = default;
        var afterAlphabet = false;
        foreach (var rune in text.EnumerateRunes())
        {
            position++;
            if (ReasonAgainst(rune, before, afterAlphabet, ascii) is { } reason)
                return new(position, rune, reason);
            afterAlphabet = IsMark(rune) ? afterAlphabet : Scripts.Of(rune) != Script.Other;
            before = rune;
        }

        return before.Value == Joiner ? new(position, before, CodeMistakeReason.NotAllowed) : null;
    }

    /// <summary>
    /// Finds the first character of any text that is not in its composed form (NFC), as far as codes need the
    /// composed form too. .NET cannot normalize text without ICU.
    /// </summary>
    /// <returns>The position of the character, which counts from 1; 0 if there is none.</returns>
    public static int FindNotComposed(ReadOnlySpan<char> text)
    {
        var position = 0;
        var afterAlphabet = false;
        foreach (var rune in text.EnumerateRunes())
        {
            position++;
            if (IsIn(ConjoiningJamo, rune) || (afterAlphabet && IsMark(rune)))
                return position;
            afterAlphabet = Scripts.Of(rune) != Script.Other;
        }

        return 0;
    }

    private static CodeMistakeReason? ReasonAgainst(
        Rune rune, Rune before, bool afterAlphabet, SearchValues<char> ascii)
    {
        if (rune.IsAscii)
            return RefuseUnless(ascii.Contains((char)rune.Value) && before.Value != Joiner);
        if (IsIn(ConjoiningJamo, rune))
            return CodeMistakeReason.NotComposed;
        if (rune.Value is EmojiStyle)
            return RefuseUnless(IsEmoji(before));
        if (rune.Value == Joiner)
            return RefuseUnless(IsEmoji(before) || before.Value == EmojiStyle);
        if (rune.Value is > 0xE0000 and <= 0xE007F)
            return RefuseUnless(before.Value is BlackFlag or > 0xE0000 and <= 0xE007E);
        if (IsEmoji(rune))
            return null;
        if (before.Value == Joiner || rune == Rune.ReplacementChar)
            return CodeMistakeReason.NotAllowed;
        if (IsMark(rune))
            return afterAlphabet ? CodeMistakeReason.NotComposed : null;
        return RefuseUnless(Rune.IsLetterOrDigit(rune));
    }

    private static CodeMistakeReason? RefuseUnless(bool isAllowed) =>
        isAllowed ? null : CodeMistakeReason.NotAllowed;

    private static bool IsEmoji(Rune rune) => IsIn(EmojiBlocks, rune);

    private static bool IsMark(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    private static bool IsIn((int First, int Last)[] ranges, Rune rune) =>
        Array.Exists(ranges, range => range.First <= rune.Value && rune.Value <= range.Last);
}

/// <summary>A character that a code may not contain.</summary>
/// <param name="Position">The position of the character; the first one has the position 1.</param>
/// <param name="Rune">The character.</param>
/// <param name="Reason">Why a code may not contain the character at this position.</param>
internal sealed record CodeMistake(int Position, Rune Rune, CodeMistakeReason Reason);

internal enum CodeMistakeReason
{
    NotAllowed,

    /// <summary>The character and the one before it have a composed form; send that form.</summary>
    NotComposed,
}
