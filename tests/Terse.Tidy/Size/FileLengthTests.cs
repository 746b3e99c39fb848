namespace Terse.Tidy.Size;

public sealed class FileLengthTests
{
    private const string Split = "move a part with a name into another file";

    [Fact]
    public void No_file_has_too_many_lines() =>
        Findings.AssertNone(Tree.Files.SelectMany(TooLong));

    [Fact]
    public void Program_has_fewer_than_60_lines() =>
        Findings.AssertNone(NotUnder(60, "src/Terse/Program.cs", Tree.Files));

    [Fact]
    public void The_architecture_document_has_fewer_than_200_lines() =>
        Findings.AssertNone(NotUnder(200, "ARCHITECTURE.md", Tree.Files));

    [Theory]
    [InlineData("src/Terse/Links/Link.cs", 300)]
    [InlineData("bench/Terse.Bench/Program.cs", 300)]
    [InlineData("web/src/App.tsx", 300)]
    [InlineData("tests/Terse.Tests/LinkTests.cs", 400)]
    public void A_file_above_the_limit_is_found(string path, int limit)
    {
        Assert.Empty(TooLong(WithLines(path, limit)));
        Assert.Single(TooLong(WithLines(path, limit + 1)));
    }

    [Theory]
    [InlineData("src/Terse/Storage/Sqlite/Migrations/0001.sql")]
    [InlineData("src/Terse/packages.lock.json")]
    [InlineData("web/src/api.d.ts")]
    public void Sql_and_generated_files_may_have_any_length(string path) =>
        Assert.Empty(TooLong(WithLines(path, 1000)));

    [Fact]
    public void A_missing_file_or_a_file_at_its_own_limit_is_found()
    {
        Assert.Empty(NotUnder(60, "a.cs", [WithLines("a.cs", 59)]));
        Assert.Single(NotUnder(60, "a.cs", [WithLines("a.cs", 60)]));
        Assert.Single(NotUnder(60, "a.cs", []));
    }

    private static IEnumerable<Finding> TooLong(SourceFile file)
    {
        var limit = file.IsUnder("tests/") ? 400 : 300;
        var counts = file.IsCSharp || (!file.IsGenerated && (file.Has(".ts") || file.Has(".tsx")));
        if (counts && file.Lines.Length > limit)
            yield return file.At(limit + 1, $"{file.Lines.Length} lines, at most {limit}: {Split}");
    }

    private static IEnumerable<Finding> NotUnder(int limit, string path, IEnumerable<SourceFile> files)
    {
        var file = files.SingleOrDefault(file => string.Equals(file.Path, path, StringComparison.Ordinal));
        if (file is null)
            yield return new(path, 1, "is missing");
        else if (file.Lines.Length >= limit)
            yield return new(path, limit, $"{file.Lines.Length} lines, must be under {limit}: {Split}");
    }

    private static SourceFile WithLines(string path, int count) =>
        new(path, string.Concat(Enumerable.Repeat("\n", count)));
}
