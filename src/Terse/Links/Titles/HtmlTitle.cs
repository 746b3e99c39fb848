using System.Text;
using AngleSharp.Html;
using AngleSharp.Html.Parser;
using AngleSharp.Html.Parser.Tokens;
using AngleSharp.Text;

namespace Terse.Links;

/// <summary>
/// Finds the title in the first bytes of an HTML document. Reads only the document's tokens: a parser would
/// build a tree, and a small document can be written so that its tree takes gigabytes.
/// </summary>
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
        var encoding = FindEncoding(charset)
            ?? FindEncoding(Scan(Encoding.Latin1.GetString(html)).Charset)
            ?? Encoding.UTF8;
        using var reader = new StreamReader(
            new MemoryStream(html), encoding, detectEncodingFromByteOrderMarks: true);
        return Shorten(Scan(reader.ReadToEnd()).Title);
    }

    /// <summary>
    /// Reads a document up to its title. The title of an image (<c>svg</c>) is not the title of the document.
    /// </summary>
    private static (string Title, string? Charset) Scan(string html)
    {
        using var source = new TextSource(html);
        using var tokenizer = new HtmlTokenizer(source, HtmlEntityProvider.Resolver);
        var charset = (string?)null;
        var images = 0;
        while (tokenizer.Get() is { Type: not HtmlTokenType.EndOfFile } token)
        {
            if (token is not HtmlTagToken tag)
                continue;
            if (tag is { Name: "title", Type: HtmlTokenType.StartTag } && images == 0)
            {
                tokenizer.State = HtmlParseMode.RCData;
                var text = tokenizer.Get();
                return (text.Type == HtmlTokenType.Character ? text.Data : "", charset);
            }

            if (tag is { Name: "svg", IsSelfClosing: false })
                images = Math.Max(0, images + (tag.Type == HtmlTokenType.StartTag ? 1 : -1));
            if (tag.Name == "meta")
                charset ??= CharsetOf(tag);
            if (tag.Type == HtmlTokenType.StartTag && ContentModeOf(tag.Name) is { } mode)
                tokenizer.State = mode;
        }

        return ("", charset);
    }

    /// <summary>How to read the content of an element without tags; null for other elements.</summary>
    private static HtmlParseMode? ContentModeOf(string element) => element switch
    {
        "script" => HtmlParseMode.Script,
        "style" or "noscript" or "iframe" or "noframes" or "xmp" or "noembed" => HtmlParseMode.Rawtext,
        "textarea" => HtmlParseMode.RCData,
        _ => null,
    };

    private static string? CharsetOf(HtmlTagToken meta)
    {
        const string Declaration = "charset=";
        if (meta.GetAttribute("charset") is { Length: > 0 } charset)
            return charset;
        var content = meta.GetAttribute("content") ?? "";
        var at = content.IndexOf(Declaration, StringComparison.OrdinalIgnoreCase);
        return at < 0 ? null : content[(at + Declaration.Length)..].Split(';')[0];
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
