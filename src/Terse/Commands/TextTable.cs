namespace Terse.Commands;

/// <summary>
/// Writes rows as a table. Each column is as wide as its widest text, and two spaces separate columns.
/// Characters that are not visible are replaced (<see cref="VisibleText"/>).
/// </summary>
internal static class TextTable
{
    public static async Task WriteAsync(TextWriter output, IReadOnlyList<string[]> cells)
    {
        string[][] rows = [.. cells.Select(row => row.Select(VisibleText.Of).ToArray())];
        var widths = Enumerable.Range(0, rows[0].Length)
            .Select(column => rows.Max(row => row[column].Length))
            .ToArray();
        foreach (var row in rows)
        {
            var padded = row.Select((text, column) => text.PadRight(widths[column]));
            await output.WriteLineAsync(string.Join("  ", padded).TrimEnd());
        }
    }
}
