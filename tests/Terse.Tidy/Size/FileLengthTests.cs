namespace Terse.Tidy.Size;

public sealed class FileLengthTests
{
    private const string Split = "give a part of it a name and a file of its own";

    [Fact]
    public void No_file_is_longer_than_the_house_allows() =>
        Findings.AssertNone(Tree.Files.SelectMany(TooLong));

    [Fact]
    public void Program_is_a_table_of_contents_of_under_60_lines() =>
        Findings.AssertNone(NotUnder(60, "src/Terse/Program.cs", Tree.Files));

    [Fact]
    public void The_architecture_is_told_in_under_200_lines() =>
        Findings.AssertNone(NotUnder(200, "ARCHITECTURE.md", Tree.Files));

    [Theory]
    [InlineData("src/Terse/Links/Link.cs", 300)]
    [InlineData("bench/Terse.Bench/Program.cs", 300)]
    [InlineData("web/src/App.tsx", 300)]
    [InlineData("tests/Terse.Tests/LinkTests.cs", 400)]
    public void A_file_may_be_as_long_as_its_limit_and_no_longer(string path, int limit)
    {
        Assert.Empty(TooLong(WithLines(path, limit)));
        Assert.Single(TooLong(WithLines(path, limit + 1)));
    }

    [Theory]
    [InlineData("src/Terse/Storage/Sqlite/Migrations/0001.sql")]
    [InlineData("src/Terse/packages.lock.json")]
    [InlineData("web/src/api.d.ts")]
    public void Sql_and_what_a_tool_wrote_may_be_of_any_length(string path) =>
        Assert.Empty(TooLong(WithLines(path, 1000)));

    [Fact]
    public void A_limit_of_one_file_is_missed_when_the_file_is_too_long_or_not_there()
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
