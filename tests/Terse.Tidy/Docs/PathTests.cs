using System.Buffers;
using System.Collections.Immutable;
using System.IO.Enumeration;
using System.Text.RegularExpressions;

namespace Terse.Tidy.Docs;

public sealed partial class PathTests
{
    private static readonly SearchValues<char> Placeholders = SearchValues.Create("…<>{}$");

    [Fact]
    public void Every_path_in_a_document_exists() =>
        Findings.AssertNone(Tree.Markdown.SelectMany(file => Stale(new(file), Tree.Paths)));

    [Theory]
    [InlineData("src/Terse/Program.cs")]
    [InlineData("src/Terse/Program.cs:12")]
    [InlineData("src/Terse/")]
    [InlineData("src/Terse/*.cs")]
    [InlineData("bench/run --quick")]
    [InlineData("docs/decisions/NNNN-….md")]
    [InlineData("deploy/<zone>/server.yaml")]
    [InlineData("Elsewhere/Gone.cs")]
    [InlineData("Program.cs")]
    public void An_existing_path_or_a_pattern_passes(string span) =>
        Assert.Empty(Stale(span));

    [Theory]
    [InlineData("src/Terse/Gone.cs")]
    [InlineData("src/Terse/*.sql")]
    [InlineData("tests/Gone/")]
    [InlineData("bench/gone --quick")]
    [InlineData("Gone.cs")]
    public void A_missing_path_is_found(string span) =>
        Assert.Equal(2, Assert.Single(Stale(span)).Line);

    private static IEnumerable<Finding> Stale(string span) =>
        Stale(new(new("a.md", $"see\n`{span}`\n")), Tree.WithFolders(["src/Terse/Program.cs", "bench/run"]));

    private static IEnumerable<Finding> Stale(Markdown document, ImmutableSortedSet<string> paths) =>
        from span in document.CodeSpans
        let path = RepositoryPath.Match(span.Text).Groups["path"].Value.TrimEnd('/', '.')
        where path.Length > 0 && !Exists(path, paths)
        select new Finding(document.Path, span.Line, $"`{path}`: no such file or folder; use the new path");

    private static bool Exists(string path, ImmutableSortedSet<string> paths)
    {
        if (path.AsSpan().ContainsAny(Placeholders))
            return true;
        var pattern = path.Contains('/', StringComparison.Ordinal) ? path : "*/" + path;
        return paths.Contains(path)
            || paths.Any(known => FileSystemName.MatchesSimpleExpression(pattern, known, ignoreCase: false));
    }

    // Matches a path below one of these folders, up to a space or up to a colon before a line number. Also
    // matches a file name without a folder, such as `Name.cs`.
    [GeneratedRegex(
        @"^(?<path>(src|tests|bench|docs|deploy|web)/[^\s:]+)|^(?<path>[\w.]+\.cs)$",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex RepositoryPath { get; }
}
