using System.Text.RegularExpressions;

namespace Terse.Tidy.Docs;

internal static partial class NameRules
{
    /// <summary>Finds inline code in a Markdown file that names an unknown type or member.</summary>
    internal static IEnumerable<Finding> Stale(Markdown document, Func<string, bool> isKnown) =>
        from span in document.CodeSpans
        from name in Names(span.Text)
        where !isKnown(name)
        select new Finding(document.Path, span.Line, $"`{name}`: no type or member has this name");

    /// <summary>
    /// Splits one inline code span of a Markdown file into the names that it contains: <c>Link.Code</c>
    /// gives <c>Link</c> and <c>Code</c>. Returns nothing if the span does not look like the name of a type,
    /// with or without a member.
    /// </summary>
    internal static IEnumerable<string> Names(string span)
    {
        var match = TypeName.Match(span);
        if (!match.Success)
            return [];
        var names = match.Groups["name"].Value.Split('.');

        // For `LinkStore.Find`, both the type and its member are checked. In `Terse.Links.LinkStore`, the
        // parts of the namespace are not checked.
        return Humps.IsMatch(names[0]) ? names : names.Where(name => Humps.IsMatch(name));
    }

    // Matches `LinkStore`, and also `LinkStore<T>`, `[LinkStore]` and `LinkStore.Find()`.
    [GeneratedRegex(
        @"^\[?(?<name>[A-Z][A-Za-z0-9]*(\.[A-Z][A-Za-z0-9]*)*)(<.*>)?(\(.*\))?\]?$",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex TypeName { get; }

    // Matches `LinkStore` and `ILink`, but not `Link`, `TSID`, `URLs` or `UUIDv7`.
    [GeneratedRegex(
        "^I[A-Z][a-z]{2}|^[A-Z]+[a-z0-9]+[A-Z]",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Humps { get; }
}
