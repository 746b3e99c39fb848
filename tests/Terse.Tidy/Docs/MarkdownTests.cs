namespace Terse.Tidy.Docs;

public sealed class MarkdownTests
{
    [Fact]
    public void Code_spans_are_found_with_their_lines_also_across_a_line_break()
    {
        var spans = Parse("a `One` b\n`` two ` ticks ``\nand `three\nfour` then `Five`\n").CodeSpans;
        Assert.Equal([(1, "One"), (2, "two ` ticks"), (3, "three\nfour"), (4, "Five")], spans);
    }

    [Fact]
    public void A_fenced_block_holds_neither_spans_nor_links_nor_headings()
    {
        var doc = Parse("```sh\n# No heading\n[a](b) `c`\n```\n~~~~\n```\n[d](e)\n~~~~\n[f](g)\n");
        Assert.Empty(doc.Anchors);
        Assert.Empty(doc.CodeSpans);
        Assert.Equal([(9, "g")], doc.Links);
    }

    [Fact]
    public void Links_pictures_and_definitions_are_found_and_code_is_none()
    {
        const string Text = """
            [`x`](a.md#b) ![y](c.svg "title") `[n](o)`
            [z]: d.md
            <img src="e.png">
            [w](<f.md>)
            """;
        Assert.Equal(
            [(1, "a.md#b"), (1, "c.svg"), (2, "d.md"), (3, "e.png"), (4, "f.md")],
            Parse(Text).Links);
    }

    [Theory]
    [InlineData("What it is", "what-it-is")]
    [InlineData("`LinkStore`, and why", "linkstore-and-why")]
    [InlineData("5.1 Promise & guard", "51-promise--guard")]
    [InlineData("See [the code](src/a.cs)", "see-the-code")]
    [InlineData("Größe — in_bytes", "größe--in_bytes")]
    public void A_heading_gets_the_anchor_that_github_gives_it(string heading, string slug) =>
        Assert.Equal(slug, Markdown.Slug(heading));

    [Fact]
    public void A_heading_that_comes_again_gets_a_number() =>
        Assert.Equal(
            "start start-1 start-2 own",
            string.Join(' ', Parse("# Start\n## Start ##\n### Start\n<a id=\"own\"></a>\n").Anchors));

    private static Markdown Parse(string text) => new(new("a.md", text));
}
