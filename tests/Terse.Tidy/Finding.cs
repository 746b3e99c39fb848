using Microsoft.CodeAnalysis;

namespace Terse.Tidy;

/// <summary>
/// A place in a file that breaks a rule. The text says what is wrong and how to correct it.
/// </summary>
internal sealed record Finding(string Path, int Line, string Text)
{
    public override string ToString() => $"{Path}:{Line}: {Text}";
}

internal static class Findings
{
    internal static void AssertNone(IEnumerable<Finding> findings)
    {
        var found = findings.Distinct()
            .OrderBy(finding => finding.Path, StringComparer.Ordinal)
            .ThenBy(finding => finding.Line)
            .ToList();
        Assert.True(found.Count == 0, $"{found.Count} to fix:\n{string.Join('\n', found)}");
    }

    internal static Finding At(this SourceFile file, int line, string text) => new(file.Path, line, text);

    internal static Finding At(this SourceFile file, SyntaxNode node, string text) =>
        file.At(node.GetFirstToken(), text);

    internal static Finding At(this SourceFile file, SyntaxToken token, string text) =>
        new(file.Path, token.GetLocation().FirstLine(), text);

    /// <summary>
    /// Returns the number of the line on which the location begins. The first line of a file has number 1.
    /// </summary>
    internal static int FirstLine(this Location location) =>
        location.GetLineSpan().StartLinePosition.Line + 1;
}
