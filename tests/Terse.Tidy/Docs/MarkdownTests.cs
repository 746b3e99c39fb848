namespace Terse.Tidy.Docs;

public sealed class MarkdownTests
{
    [Fact]
    public void A_code_span_has_the_line_number_of_its_start()
    {
        var spans = Parse("a `One` b\n`` two ` ticks ``\nand `three\nfour` then `Five`\n").CodeSpans;
        Assert.Equal([(1, "One"), (2, "two ` ticks"), (3, "three\nfour"), (4, "Five")], spans);
    }

    [Fact]
    public void Spans_links_and_headings_in_a_fenced_block_are_ignored()
    {
        var doc = Parse("```sh\n# No heading\n[a](b) `c`\n```\n~~~~\n```\n[d](e)\n~~~~\n[f](g)\n");
        Assert.Empty(doc.Anchors);
        Assert.Empty(doc.CodeSpans);
        Assert.Equal([(9, "g")], doc.Links);
    }

    [Fact]
    public void Links_images_and_link_definitions_are_found_outside_code_spans()
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
    public void A_heading_has_the_anchor_that_github_generates(string heading, string slug) =>
        Assert.Equal(slug, Markdown.Slug(heading));

    [Fact]
    public void The_anchor_of_a_repeated_heading_ends_with_a_number() =>
        Assert.Equal(
            "start start-1 start-2 own",
            string.Join(' ', Parse("# Start\n## Start ##\n### Start\n<a id=\"own\"></a>\n").Anchors));

    private static Markdown Parse(string text) => new(new("a.md", text));
}
