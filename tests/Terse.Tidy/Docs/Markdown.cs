using System.Text;
using System.Text.RegularExpressions;

namespace Terse.Tidy.Docs;

/// <summary>The parts of a Markdown file that the rules check. Fenced code blocks are excluded.</summary>
internal sealed partial class Markdown
{
    private readonly SourceFile _file;
    private readonly string _prose;
    private readonly string _proseWithoutCode;

    internal Markdown(SourceFile file)
    {
        _file = file;
        _prose = BlankFences(file);
        _proseWithoutCode = CodeSpan.Replace(_prose, span => Blank(span.Value));
    }

    internal string Path => _file.Path;

    internal IEnumerable<(int Line, string Text)> CodeSpans =>
        CodeSpan.Matches(_prose).Select(span => (LineOf(span), span.Groups["text"].Value.Trim()));

    /// <summary>The targets of all links, images and link definitions in the file.</summary>
    internal IEnumerable<(int Line, string Target)> Links =>
        Link.Matches(_proseWithoutCode).Select(link => (LineOf(link), link.Groups["target"].Value));

    /// <summary>
    /// The anchors that GitHub generates for the headings of the file, and the anchors in its HTML elements.
    /// </summary>
    internal IEnumerable<string> Anchors
    {
        get
        {
            Dictionary<string, int> seen = new(StringComparer.Ordinal);
            foreach (var heading in Heading.Matches(_prose).Select(match => match.Groups["text"].Value))
            {
                var slug = Slug(heading);
                var count = seen[slug] = seen.GetValueOrDefault(slug) + 1;
                yield return count == 1 ? slug : $"{slug}-{count - 1}";
            }

            foreach (Match anchor in HtmlAnchor.Matches(_proseWithoutCode))
                yield return anchor.Groups["name"].Value;
        }
    }

    /// <summary>
    /// Converts a heading to its anchor in the same way as GitHub: converts the heading to lower case,
    /// removes all punctuation except <c>-</c> and <c>_</c>, and replaces each space by a hyphen.
    /// </summary>
    internal static string Slug(string heading)
    {
        var text = InlineLink.Replace(heading, "${text}");
        StringBuilder slug = new();
        foreach (var rune in text.EnumerateRunes().Select(Rune.ToLowerInvariant))
        {
            if (rune.Value == ' ')
                slug.Append('-');
            else if (Rune.IsLetterOrDigit(rune) || rune.Value is '-' or '_')
                slug.Append(rune);
        }

        return slug.ToString();
    }

    private int LineOf(Match match) => _prose.AsSpan(0, match.Index).Count('\n') + 1;

    /// <summary>
    /// Replaces each line of a fenced code block by an empty line, so that line numbers stay correct.
    /// </summary>
    private static string BlankFences(SourceFile file)
    {
        StringBuilder prose = new();
        var fence = "";
        foreach (var line in file.Lines)
        {
            var mark = Fence.Match(line).Groups["mark"].Value;
            var isFence = fence.Length == 0
                ? mark.Length > 0
                : mark.StartsWith(fence, StringComparison.Ordinal);
            prose.Append(isFence || fence.Length > 0 ? "" : line).Append('\n');
            if (isFence)
                fence = fence.Length == 0 ? mark : "";
        }

        return prose.ToString();
    }

    private static string Blank(string text) =>
        string.Concat(text.Select(character => character == '\n' ? '\n' : ' '));

    private const RegexOptions Options = RegexOptions.ExplicitCapture | RegexOptions.Multiline;

    [GeneratedRegex("^[ >]*(?<mark>`{3,}|~{3,})", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Fence { get; }

    // Inline code can continue on the next line, but not in the next paragraph.
    [GeneratedRegex(
        @"(?<!`)(?<ticks>`+)(?!`)(?<text>([^\n]|\n(?!\s*\n))+?)(?<!`)\k<ticks>(?!`)",
        Options,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex CodeSpan { get; }

    [GeneratedRegex(
        @"\]\(\s*<?(?<target>[^)\s>]+)|^ {0,3}\[[^\]^][^\]]*\]:\s*<?(?<target>[^\s>]+)"
        + @"|<(a|img|source)\s[^>]*?(href|src|srcset)=""(?<target>[^""\s]+)",
        Options,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link { get; }

    [GeneratedRegex(@"!?\[(?<text>[^\]]*)\]\([^)]*\)", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex InlineLink { get; }

    [GeneratedRegex(
        @"^ {0,3}#{1,6}[ \t]+(?<text>.*?)([ \t]+#+)?[ \t]*$", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Heading { get; }

    [GeneratedRegex(@"<\w+\s[^>]*?\b(id|name)=""(?<name>[^""]+)", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex HtmlAnchor { get; }
}
