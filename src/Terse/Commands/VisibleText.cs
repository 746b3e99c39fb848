using System.Globalization;
using System.Text;

namespace Terse.Commands;

/// <summary>
/// Makes texts from a server safe for a terminal: a character that is not visible, such as the start of a
/// control sequence, is replaced.
/// </summary>
internal static class VisibleText
{
    public static string Of(string text)
    {
        var visible = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            visible.Append((IsVisible(rune) ? rune : Rune.ReplacementChar).ToString());
        return visible.ToString();
    }

    private static bool IsVisible(Rune rune) => Rune.GetUnicodeCategory(rune)
        is not (UnicodeCategory.Control
            or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.OtherNotAssigned);
}
