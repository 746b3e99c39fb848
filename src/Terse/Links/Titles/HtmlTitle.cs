using System.Text;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;

namespace Terse.Links;

/// <summary>Finds the title in the first bytes of an HTML document.</summary>
internal static class HtmlTitle
{
    /// <param name="html">The document, which may be cut off anywhere.</param>
    /// <param name="charset">
    /// The charset of the header <c>Content-Type</c>; null if the header has none. Then the document's byte
    /// order mark or its <c>meta</c> element counts, and otherwise UTF-8.
    /// </param>
    /// <returns>
    /// The title on one line, with at most <see cref="LinkTexts.MaxTitle"/> characters; null if the document
    /// has no title.
    /// </returns>
    public static string? Read(byte[] html, string? charset)
    {
        using var document = FindEncoding(charset) is { } encoding
            ? new HtmlParser().ParseDocument(encoding.GetString(html))
            : ParseUndeclared(html);
        return Shorten(document.Title ?? "");
    }

    private static IHtmlDocument ParseUndeclared(byte[] html)
    {
        using var stream = new MemoryStream(html);
        return new HtmlParser().ParseDocument(stream);
    }

    private static Encoding? FindEncoding(string? charset)
    {
        try
        {
            var name = charset?.Trim(' ', '"', '\'');
            return string.IsNullOrEmpty(name)
                ? null
                : CodePagesEncodingProvider.Instance.GetEncoding(name) ?? Encoding.GetEncoding(name);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Joins the words of the title with single spaces, without control characters.</summary>
    private static string? Shorten(string title)
    {
        var text = new StringBuilder();
        var length = 0;
        foreach (var rune in title.EnumerateRunes())
        {
            var isSpace = Rune.IsWhiteSpace(rune) || Rune.IsControl(rune);
            if (isSpace && (text.Length == 0 || text[^1] == ' '))
                continue;
            if (length++ == LinkTexts.MaxTitle)
                break;
            text.Append(isSpace ? " " : rune.ToString());
        }

        var shortened = text.ToString().TrimEnd();
        return shortened.Length == 0 ? null : shortened;
    }
}
