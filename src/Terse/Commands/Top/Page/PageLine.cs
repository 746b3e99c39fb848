namespace Terse.Commands;

/// <summary>A line of the page.</summary>
internal sealed record PageLine(params IReadOnlyList<PageText> Pieces)
{
    public static readonly PageLine Empty = new();

    public int Width => Pieces.Sum(piece => piece.Width);

    /// <summary>Returns the line, cut to a number of columns.</summary>
    public PageLine Cut(int width)
    {
        if (Width <= width)
            return this;
        var cut = new List<PageText>();
        foreach (var piece in Pieces)
        {
            cut.Add(piece.Cut(width));
            width -= piece.Width;
            if (width <= 0)
                break;
        }

        return new(cut);
    }

    /// <summary>Returns a title and fields, on as many lines as the width needs.</summary>
    public static IEnumerable<PageLine> Flow(string title, IEnumerable<PageText> fields, int width)
    {
        const int Indent = 11;
        List<PageText> pieces = [new(title.PadRight(Indent), PageStyle.Head)];
        var used = Indent;
        foreach (var field in fields)
        {
            if (pieces.Count > 1 && used + 2 + field.Width > width)
            {
                yield return new([.. pieces]);
                pieces = [new string(' ', Indent)];
                used = Indent;
            }

            if (pieces.Count > 1)
            {
                pieces.Add("  ");
                used += 2;
            }

            pieces.Add(field);
            used += field.Width;
        }

        yield return new([.. pieces]);
    }

    public override string ToString() => string.Concat(Pieces.Select(piece => piece.Text)).TrimEnd();
}
