using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp;

namespace Terse.Tidy.Docs;

/// <summary>
/// Collects all names in the code: the identifiers in the C# files, and the words in all other files
/// (projects, settings, SQL, scripts). Markdown files are excluded.
/// </summary>
internal static partial class KnownNames
{
    internal static HashSet<string> Of(IEnumerable<SourceFile> files)
    {
        var names = files.AsParallel().Where(file => !file.Has(".md")).SelectMany(NamesIn);
        return names.ToHashSet(StringComparer.Ordinal);
    }

    private static IEnumerable<string> NamesIn(SourceFile file) =>
        file.Has(".cs")
            ? file.Syntax.DescendantTokens()
                .Where(token => token.RawKind == (int)SyntaxKind.IdentifierToken)
                .Select(token => token.ValueText)
            : Word.Matches(file.Text).Select(word => word.Value);

    [GeneratedRegex("[A-Za-z][A-Za-z0-9]*", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word { get; }
}
