using System.Text.RegularExpressions;

namespace Terse.Tidy.Docs;

internal static partial class NameRules
{
    /// <summary>Finds code spans that name an unknown type or member.</summary>
    internal static IEnumerable<Finding> Stale(Markdown document, Func<string, bool> isKnown) =>
        from span in document.CodeSpans
        from name in Names(span.Text)
        where !isKnown(name)
        select new Finding(document.Path, span.Line, $"`{name}`: no type or member has this name");

    /// <summary>The names in a code span. Empty if the span does not look like the name of a type.</summary>
    internal static IEnumerable<string> Names(string span)
    {
        var match = TypeName.Match(span);
        if (!match.Success)
            return [];
        var names = match.Groups["name"].Value.Split('.');

        // `LinkStore.Find` names a type and its member. The parts of a namespace are not names.
        return Humps.IsMatch(names[0]) ? names : names.Where(name => Humps.IsMatch(name));
    }

    // Also `LinkStore<T>`, `[LinkStore]`, `LinkStore.Find()`.
    [GeneratedRegex(
        @"^\[?(?<name>[A-Z][A-Za-z0-9]*(\.[A-Z][A-Za-z0-9]*)*)(<.*>)?(\(.*\))?\]?$",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex TypeName { get; }

    // `LinkStore` and `ILink`, but neither `Link` nor `TSID`, `URLs` or `UUIDv7`.
    [GeneratedRegex(
        "^I[A-Z][a-z]{2}|^[A-Z]+[a-z0-9]+[A-Z]",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Humps { get; }
}
