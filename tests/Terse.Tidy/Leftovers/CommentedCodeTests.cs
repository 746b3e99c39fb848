namespace Terse.Tidy.Leftovers;

public sealed class CommentedCodeTests
{
    [Fact]
    public void No_comment_contains_code() =>
        Findings.AssertNone(Tree.CSharp.SelectMany(CommentedCode.Find));

    [Theory]
    [InlineData("Save(link);")]
    [InlineData("await store.SaveAsync(link, cancellationToken);")]
    [InlineData("_count++;")]
    [InlineData("total = total + 1;")]
    [InlineData("var link = Find(code);")]
    [InlineData("int count;")]
    [InlineData("return link;")]
    [InlineData("if (link is null) return;")]
    [InlineData("foreach (var link in links) {")]
    [InlineData("private readonly string _name;")]
    [InlineData("public string Name { get; set; }")]
    [InlineData("internal void Save(Link link) {")]
    [InlineData("using System.Text;")]
    [InlineData("throw new InvalidOperationException(\"no\");")]
    [InlineData("logger?.Log(text);")]
    public void Code_in_a_comment_is_found(string text) =>
        Assert.Equal(2, Assert.Single(CommentedCode.Find(new("a.cs", "M();\n// " + text + "\nN();\n"))).Line);

    [Theory]
    [InlineData("The horizon has passed it;")]
    [InlineData("the cache;")]
    [InlineData("wait;")]
    [InlineData("RFC 9110, section 15.4: a cache may keep it;")]
    [InlineData("Ids are sorted by time, so that the newest come last.")]
    [InlineData("closed_at := greatest(closed_at, now);")]
    [InlineData("{ \"code\": \"abc\" }")]
    [InlineData("a set {1, 2, 3}")]
    [InlineData("note: it works;")]
    [InlineData("{id}")]
    [InlineData("}")]
    [InlineData(";")]
    public void Prose_in_a_comment_passes(string text) =>
        Assert.Empty(CommentedCode.Find(new("a.cs", "M();\n// " + text + "\nN();\n")));

    [Fact]
    public void A_statement_on_several_lines_is_found_at_its_first_line()
    {
        const string Text = "// Prose first.\n// Save(\n//     link,\n//     time);\nM();\n";
        Assert.Equal(2, Assert.Single(CommentedCode.Find(new("a.cs", Text))).Line);
    }

    [Fact]
    public void Code_in_a_documentation_comment_passes() =>
        Assert.Empty(CommentedCode.Find(new("a.cs", "/// Save(link);\nclass C;\n")));
}
