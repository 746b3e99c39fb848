using System.Globalization;
using System.Text;

namespace Terse.Links;

/// <summary>
/// Checks texts that people write: the title, the note and the tags of a link, and reasons.
/// </summary>
internal static class LinkTexts
{
    /// <summary>The maximum lengths in characters (Unicode scalar values).</summary>
    public const int MaxTitle = 512;
    public const int MaxNote = 4_096;
    public const int MaxTag = 64;
    public const int MaxReason = 500;

    public const int MaxTags = 32;

    /// <summary>The title with which a request asks for the title of the target.</summary>
    public const string AutoTitle = "auto";

    public static Refusal? CheckTitle(string? title) => Check("title", title, MaxTitle, mayHaveLines: false);

    public static Refusal? CheckNote(string? note) => Check("note", note, MaxNote, mayHaveLines: true);

    /// <summary>Checks why a host is blocked.</summary>
    public static Refusal? CheckReason(string? reason) =>
        Check("reason", reason, MaxReason, mayHaveLines: false);

    /// <summary>Checks what a visitor reports about a link.</summary>
    public static Refusal? CheckReport(string? reason) =>
        Check("reason", reason, LinkReport.MaxReason, mayHaveLines: true);

    /// <summary>
    /// Checks the tags. Two tags that differ only in the case of their letters are the same tag.
    /// </summary>
    public static Refusal? CheckTags(IReadOnlyList<string?>? tags)
    {
        if (tags is null)
            return null;
        if (tags.Count > MaxTags)
            return Refuse($"A link can have at most {MaxTags} tags; {tags.Count} were sent.");
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var tag in tags)
        {
            var shown = Refusal.Shorten(tag);
            if (string.IsNullOrWhiteSpace(tag) || tag != tag.Trim())
                return Refuse($"A tag must not be empty, or begin or end with a space: '{shown}'.");
            if (Check("tags", tag, MaxTag, mayHaveLines: false) is { } refusal)
                return refusal;
            if (!seen.Add(tag))
                return Refuse($"The tag '{shown}' was sent twice; upper and lower case are equal.");
        }

        return null;

        static Refusal Refuse(string detail) => Refusal.OfField("tags", detail);
    }

    private static Refusal? Check(string field, string? text, int maxLength, bool mayHaveLines)
    {
        if (text is null)
            return null;
        var length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            length++;
            if (Rune.GetUnicodeCategory(rune) == UnicodeCategory.Control
                && !(mayHaveLines && rune.Value is '\n' or '\r' or '\t'))
            {
                return Refusal.OfField(
                    field,
                    $"Character {length} is a control character (U+{rune.Value:X4}); remove it.");
            }
        }

        return length > maxLength
            ? Refusal.OfField(field, $"The text has {length} characters; at most {maxLength} are allowed.")
            : null;
    }
}
