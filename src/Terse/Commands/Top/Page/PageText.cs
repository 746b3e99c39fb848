using System.Text;
using Spectre.Console;

namespace Terse.Commands;

/// <summary>How a text on the page looks, where the terminal has colours.</summary>
internal enum PageStyle
{
    Plain,
    Head,
    Dim,
    Good,
    Warning,
    Bad,
}

/// <summary>
/// A piece of a line. Names and errors come from servers, so characters that are not visible are replaced.
/// </summary>
internal readonly record struct PageText
{
    public PageText(string? text, PageStyle style = PageStyle.Plain)
    {
        Text = VisibleText.Of(text ?? "-");
        Style = style;
    }

    public string Text { get; }

    public PageStyle Style { get; }

    /// <summary>How many columns of the terminal the text needs. Some characters need two.</summary>
    public int Width => Text.GetCellWidth();

    public static implicit operator PageText(string? text) => new(text);

    /// <summary>Returns the text, cut to a number of columns.</summary>
    public PageText Cut(int width)
    {
        if (Width <= width)
            return this;
        var kept = new StringBuilder();
        var used = 1; // the dots
        foreach (var rune in Text.EnumerateRunes())
        {
            var text = rune.ToString();
            used += text.GetCellWidth();
            if (used > width)
                break;
            kept.Append(text);
        }

        return width <= 0 ? new("", Style) : new(kept.Append('…').ToString(), Style);
    }
}
