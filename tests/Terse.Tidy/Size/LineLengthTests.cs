using Terse.Tidy.Scripts;

namespace Terse.Tidy.Size;

public sealed class LineLengthTests
{
    private const int MaxColumns = 110;
    private const int MaxColumnsOfProse = 120;

    [Fact]
    public void No_line_has_too_many_columns() =>
        Findings.AssertNone(Tree.Files.SelectMany(TooWide));

    [Theory]
    [InlineData("src/Terse/Links/Link.cs", MaxColumns)]
    [InlineData("src/Terse/Storage/Sqlite/Migrations/0001.sql", MaxColumns)]
    [InlineData("deploy/backup.sh", MaxColumns)]
    [InlineData("run", MaxColumns)]
    [InlineData("README.md", MaxColumnsOfProse)]
    public void A_line_above_the_limit_is_found(string path, int limit)
    {
        Assert.Empty(TooWide(new(path, new string('é', limit) + "\n")));
        Assert.Equal(2, Assert.Single(TooWide(new(path, "\n" + new string('é', limit + 1)))).Line);
    }

    [Theory]
    [InlineData("README.md", "| a row of a table |")]
    [InlineData("README.md", "see [there](docs/there.md)")]
    [InlineData("README.md", "see https://example.com")]
    [InlineData("docs/picture.svg", "<svg>")]
    public void A_table_row_or_a_line_with_a_link_may_have_any_length(string path, string line) =>
        Assert.Empty(TooWide(new(path, line + new string('x', MaxColumnsOfProse))));

    private static IEnumerable<Finding> TooWide(SourceFile file)
    {
        var isProse = file.Has(".md");
        if (!isProse && !file.IsCSharp && !file.Has(".sql") && !ScriptRules.IsScript(file))
            return [];

        var limit = isProse ? MaxColumnsOfProse : MaxColumns;
        return
            from line in file.Lines.Index()
            let columns = line.Item.EnumerateRunes().Count()
            where columns > limit && !(isProse && CannotBeBroken(line.Item))
            select file.At(line.Index + 1, $"{columns} columns, at most {limit}: break the line");
    }

    private static bool CannotBeBroken(string line) =>
        line.TrimStart().StartsWith('|')
        || line.Contains("](", StringComparison.Ordinal)
        || line.Contains("://", StringComparison.Ordinal);
}
