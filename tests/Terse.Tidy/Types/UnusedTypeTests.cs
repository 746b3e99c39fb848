namespace Terse.Tidy.Types;

public sealed class UnusedTypeTests
{
    [Fact]
    public void Every_type_is_used() =>
        Findings.AssertNone(UnusedTypes.Find([.. Tree.CSharpUnder("src/")]));

    [Theory]
    [InlineData("class Link { Link() { } Link? Next; }")]
    [InlineData("partial class Link; partial class Link { Link? Next; }")]
    [InlineData("interface ILink;")]
    [InlineData("enum Kind { One }")]
    [InlineData("record Link(int Id);")]
    [InlineData("delegate void Done();")]
    [InlineData("/// <see cref=\"Link\"/>\nclass Program; class Link;")]
    [InlineData("class Program { private class Inner; }")]
    [InlineData("static class Texts { static int Cut(this int i) => i; static int M() => Cut(1); }")]
    [InlineData("public class Offered;")]
    public void An_unused_type_is_found(string code) =>
        Assert.Single(UnusedTypes.Find([new("src/Terse/a.cs", code)]));

    [Theory]
    [InlineData("class Link;", "class Program { Link? First; }")]
    [InlineData("class Link;", "[JsonSerializable(typeof(Link))] class Program;")]
    [InlineData("class SmallAttribute;", "[Small] class Program;")]
    [InlineData("static class Texts { static string Cut(this string text) => text; }", "\"\".Cut();")]
    [InlineData("static class Texts { extension(string text) { string Cut() => text; } }", "\"\".Cut();")]
    [InlineData("partial class Program { class Inner; }", "partial class Program { Inner? First; }")]
    public void A_type_that_is_used_elsewhere_passes(string code, string user) =>
        Assert.Empty(UnusedTypes.Find([new("src/Terse/a.cs", code), new("src/Terse/b.cs", user)]));

    [Theory]
    [InlineData("src/Terse.Tsid/a.cs", "public class Offered;", 0)]
    [InlineData("src/Terse.Horizon/a.cs", "public class Offered;", 0)]
    [InlineData("src/Terse.Tsid/a.cs", "internal class Hidden;", 1)]
    public void A_public_type_of_a_library_passes(string path, string code, int count) =>
        Assert.Equal(count, UnusedTypes.Find([new(path, code)]).Count());
}
