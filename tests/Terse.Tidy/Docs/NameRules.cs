using System.Text.RegularExpressions;

namespace Terse.Tidy.Docs;

internal static partial class NameRules
{
    /// <summary>Finds the code spans that name a type, or a member of one, which nothing knows.</summary>
    internal static IEnumerable<Finding> Stale(Markdown document, Func<string, bool> isKnown) =>
        from span in document.CodeSpans
        from name in Names(span.Text)
        where !isKnown(name)
        select new Finding(document.Path, span.Line, $"`{name}`: nothing has this name; say the new one");

    /// <summary>The names to look up in a code span; none when it does not look like a type's name.</summary>
    internal static IEnumerable<string> Names(string span)
    {
        var match = TypeName.Match(span);
        if (!match.Success)
            return [];
        var names = match.Groups["name"].Value.Split('.');

        // A member of a type is looked up too: `LinkStore.Find`. A namespace's parts are not.
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
