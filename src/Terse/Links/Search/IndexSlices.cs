namespace Terse.Links;

/// <summary>
/// A slice of the index of terms: links whose ids are neighbours. The ranges of two slices never overlap.
/// </summary>
/// <param name="Number">Identifies the slice.</param>
/// <param name="First">The smallest id of the slice.</param>
/// <param name="Last">The greatest id of the slice.</param>
/// <param name="Links">How many links the slice contains.</param>
internal sealed record IndexSlice(long Number, long First, long Last, long Links);

/// <summary>
/// Cuts the index of terms into slices. Each term in the index begins with the mark of the slice of its link,
/// so a page finds the links of one slice after the other, and never all links that have a frequent term.
/// Only the first and the last slice grow; a slice that is full gets a neighbour. Not safe for use by
/// several threads at once.
/// </summary>
internal sealed class IndexSlices(IEnumerable<IndexSlice> stored, int maxLinks)
{
    /// <summary>
    /// The marks are characters of the private use area, which no word contains. Later slices use the marks
    /// of earlier ones again; the ids distinguish their links.
    /// </summary>
    public const int FirstMark = 0xE000, Marks = 6_400;

    private readonly SortedList<long, IndexSlice> _byFirst =
        new(stored.ToDictionary(slice => slice.First));

    private readonly HashSet<long> _changed = [];

    /// <summary>The slices that the calls of <see cref="MarkFor"/> added or changed.</summary>
    public IEnumerable<IndexSlice> Changed =>
        _byFirst.Values.Where(slice => _changed.Contains(slice.Number));

    public static char MarkOf(long slice) => (char)(FirstMark + (slice % Marks));

    /// <summary>Returns the mark of the slice of a link, and adds the link to the slice.</summary>
    /// <param name="link">The id of the link.</param>
    /// <param name="isNew">Whether the link was not indexed before.</param>
    public char MarkFor(long link, bool isNew)
    {
        var slice = Find(link);
        if (isNew || link < slice.First || link > slice.Last)
        {
            _byFirst.Remove(slice.First);
            slice = slice with
            {
                First = Math.Min(slice.First, link),
                Last = Math.Max(slice.Last, link),
                Links = slice.Links + (isNew ? 1 : 0),
            };
            _byFirst.Add(slice.First, slice);
            _changed.Add(slice.Number);
        }

        return MarkOf(slice.Number);
    }

    private IndexSlice Find(long link)
    {
        if (_byFirst.Count == 0)
            return New(link);
        var (first, last) = (_byFirst.Values[0], _byFirst.Values[^1]);
        if (link < first.First)
            return first.Links < maxLinks ? first : New(link);
        if (link > last.Last)
            return last.Links < maxLinks ? last : New(link);
        return _byFirst.Values[FindNotAfter(link)];
    }

    private IndexSlice New(long link) =>
        new(_byFirst.Values.Select(slice => slice.Number + 1).DefaultIfEmpty().Max(), link, link, 0);

    /// <summary>Returns the position of the last slice that begins at or before an id.</summary>
    private int FindNotAfter(long link)
    {
        var (from, until) = (0, _byFirst.Count);
        while (until - from > 1)
        {
            var middle = (from + until) / 2;
            if (_byFirst.Keys[middle] <= link)
                from = middle;
            else
                until = middle;
        }

        return from;
    }
}
