namespace Terse.Tidy.Docs;

public sealed class LinkTests
{
    [Fact]
    public void Every_relative_link_points_to_an_existing_file_and_heading()
    {
        var documents = Tree.Markdown.Select(file => new Markdown(file)).ToList();
        Findings.AssertNone(LinkRules.Broken(documents, Tree.Paths));
    }

    [Theory]
    [InlineData("https://example.com/nowhere")]
    [InlineData("mailto:someone@example.com")]
    [InlineData("../README.md")]
    [InlineData("../README.md#first-five-minutes")]
    [InlineData("#here")]
    [InlineData("decisions")]
    [InlineData("decisions/")]
    [InlineData("/src/a%20b.cs#L10")]
    [InlineData("..")]
    public void A_link_to_an_existing_target_passes(string target) =>
        Assert.Empty(Broken(target));

    [Theory]
    [InlineData("README.md")]
    [InlineData("../READ.md")]
    [InlineData("../README.md#last-five-minutes")]
    [InlineData("#there")]
    [InlineData("../../issues")]
    [InlineData("/src/gone.cs")]
    public void A_link_to_a_missing_target_is_found(string target) =>
        Assert.Equal(3, Assert.Single(Broken(target)).Line);

    private static IEnumerable<Finding> Broken(string target) =>
        LinkRules.Broken(
            [
                new(new("README.md", "# First five minutes\n")),
                new(new("docs/guide.md", $"# Here\n\nSee [it]({target}).\n")),
            ],
            Tree.WithFolders(["README.md", "docs/guide.md", "docs/decisions/0001.md", "src/a b.cs"]));
}
