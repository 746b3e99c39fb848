namespace Terse.Links;

/// <summary>
/// Compares tags. Two tags that differ only in the case of their letters are the same tag; the folded text
/// is equal for both.
/// </summary>
internal static class TagName
{
    /// <summary>
    /// Returns the same text for tags that <see cref="LinkTexts.CheckTags"/> treats as equal.
    /// </summary>
    public static string Fold(string tag) => tag.ToUpperInvariant();

    public static HashSet<string> FoldAll(IReadOnlyList<string>? tags) =>
        (tags ?? []).Select(Fold).ToHashSet(StringComparer.Ordinal);
}

/// <param name="Id">Identifies the tag in the database.</param>
/// <param name="Folded">The name as <see cref="TagName.Fold"/> returns it.</param>
/// <param name="Name">The name in the case in which it was first sent.</param>
/// <param name="Links">How many indexed links have the tag, deleted links included.</param>
/// <param name="Visits">The number of visits of people to these links.</param>
internal sealed record Tag(long Id, string Folded, string Name, long Links, long Visits);
