namespace Terse.Commands;

/// <summary>A column of a table on the page.</summary>
/// <param name="Head">The head.</param>
/// <param name="Rank">The column with the greatest rank is dropped first; 0 is never dropped.</param>
/// <param name="IsNumber">Whether the cells are aligned on the right.</param>
internal sealed record PageColumn(string Head, int Rank, bool IsNumber = true)
{
    /// <summary>So that the columns stay where they are when the numbers change.</summary>
    public int MinWidth { get; init; } = Head.Length;

    /// <summary>Longer texts are cut.</summary>
    public int MaxWidth { get; init; } = 32;
}

/// <summary>A row of a table on the page.</summary>
/// <param name="Cells">A text for each column.</param>
/// <param name="Rest">
/// Replaces the cells from the first number on, for instance with the reason why there are none.
/// </param>
internal sealed record PageRow(PageText[] Cells, PageText? Rest = null);

/// <summary>
/// Lays out a table. Columns that do not fit are dropped, by their rank; no line is wrapped.
/// </summary>
internal static class PageTable
{
    private const string Gap = "  ";

    /// <returns>The lines, the head first, and how many columns were dropped.</returns>
    public static (List<PageLine> Lines, int Dropped) LayOut(
        IReadOnlyList<PageColumn> columns, IReadOnlyList<PageRow> rows, int width)
    {
        var widths = columns.Select((column, index) => WidthOf(column, index, rows)).ToArray();
        var kept = Enumerable.Range(0, columns.Count).ToList();
        while (Total(kept, widths) > width
            && kept.MaxBy(index => columns[index].Rank) is var least
            && columns[least].Rank > 0)
        {
            kept.Remove(least);
        }

        List<PageLine> lines = [LineOf(HeadOf(columns), columns, kept, widths)];
        lines.AddRange(rows.Select(row => LineOf(row, columns, kept, widths)));
        return ([.. lines.Select(line => line.Cut(width))], columns.Count - kept.Count);
    }

    private static int WidthOf(PageColumn column, int index, IReadOnlyList<PageRow> rows)
    {
        var widest = rows
            .Where(row => row.Rest is null || !column.IsNumber)
            .Select(row => row.Cells[index].Width)
            .DefaultIfEmpty()
            .Max();
        return Math.Max(column.MinWidth, Math.Min(widest, column.MaxWidth));
    }

    private static int Total(List<int> kept, int[] widths) =>
        kept.Sum(index => widths[index]) + (Gap.Length * (kept.Count - 1));

    private static PageRow HeadOf(IReadOnlyList<PageColumn> columns) =>
        new([.. columns.Select(column => new PageText(column.Head, PageStyle.Head))]);

    private static PageLine LineOf(
        PageRow row, IReadOnlyList<PageColumn> columns, List<int> kept, int[] widths)
    {
        var pieces = new List<PageText>();
        foreach (var index in kept)
        {
            if (pieces.Count > 0)
                pieces.Add(Gap);
            if (columns[index].IsNumber && row.Rest is { } rest)
            {
                pieces.Add(rest);
                break;
            }

            var cell = row.Cells[index].Cut(widths[index]);
            var padding = new string(' ', widths[index] - cell.Width);
            pieces.AddRange(columns[index].IsNumber ? [padding, cell] : [cell, padding]);
        }

        return new(pieces);
    }
}
