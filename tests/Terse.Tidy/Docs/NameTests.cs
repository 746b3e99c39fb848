namespace Terse.Tidy.Docs;

public sealed class NameTests
{
    [Fact]
    public void Every_type_in_a_document_exists()
    {
        var known = KnownNames.Of(Tree.Files);
        Findings.AssertNone(Tree.Markdown.SelectMany(file =>
            NameRules.Stale(new(file), name => known.Contains(name) || LibraryNames.Contains(name))));
    }

    [Theory]
    [InlineData("LinkStore", "LinkStore")]
    [InlineData("ILinkStore", "ILinkStore")]
    [InlineData("ILink", "ILink")]
    [InlineData("SQLiteStore", "SQLiteStore")]
    [InlineData("LinkStore.Find", "LinkStore Find")]
    [InlineData("LinkStore.Find(code)", "LinkStore Find")]
    [InlineData("LinkStore<Link>", "LinkStore")]
    [InlineData("[LoggerMessage]", "LoggerMessage")]
    [InlineData("Terse.Links.LinkStore", "LinkStore")]
    [InlineData("Link", "")]
    [InlineData("Terse.Links", "")]
    [InlineData("TSID", "")]
    [InlineData("UUIDv7", "")]
    [InlineData("Retry-After", "")]
    [InlineData("linkStore", "")]
    [InlineData("README.md", "")]
    [InlineData("LinkStore stores links", "")]
    public void Only_a_span_that_looks_like_a_type_is_a_name(string span, string names) =>
        Assert.Equal(names, string.Join(' ', NameRules.Names(span)));

    [Theory]
    [InlineData("see `LinkStore.Find` and `TimeProvider`")]
    [InlineData("see LinkShop")]
    [InlineData("```\n`LinkShop`\n```")]
    public void A_document_with_known_names_passes(string text) =>
        Assert.Empty(Stale(text));

    [Theory]
    [InlineData("see\n`LinkShop`")]
    [InlineData("see\n`LinkStore.Remove`")]
    [InlineData("see\n`Terse.Links.LinkShop`")]
    public void A_document_with_an_unknown_name_is_found(string text) =>
        Assert.Equal(2, Assert.Single(Stale(text)).Line);

    [Fact]
    public void Comments_strings_and_documents_define_no_names()
    {
        var known = KnownNames.Of(
        [
            new("a.cs", "class LinkStore { string Find() => \"LinkShop\"; } // LinkCache"),
            new("b.yaml", "kind: ConfigMap"),
            new("c.md", "DocumentOnly"),
        ]);
        Assert.Equal("ConfigMap Find LinkStore kind", string.Join(' ', known.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void The_names_of_the_libraries_are_known()
    {
        Assert.True(LibraryNames.Contains("TimeProvider"));
        Assert.True(LibraryNames.Contains("GetUtcNow"));
        Assert.False(LibraryNames.Contains("LinkShop"));
    }

    private static IEnumerable<Finding> Stale(string text)
    {
        HashSet<string> known = new(["LinkStore", "Find", "TimeProvider"], StringComparer.Ordinal);
        return NameRules.Stale(new(new("a.md", text)), known.Contains);
    }
}
