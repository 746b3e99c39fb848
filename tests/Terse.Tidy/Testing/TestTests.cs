namespace Terse.Tidy.Testing;

public sealed class TestTests
{
    [Fact]
    public void The_name_of_every_test_is_a_sentence() =>
        Findings.AssertNone(Tree.CSharpUnder("tests/").SelectMany(TestRules.NamelessTests));

    [Fact]
    public void Every_test_asserts_something() =>
        Findings.AssertNone(TestRules.WithoutAssertion([.. Tree.CSharpUnder("tests/")]));

    [Fact]
    public void Every_test_class_has_a_unique_name() =>
        Findings.AssertNone(TestRules.SameNames(Tree.CSharpUnder("tests/")));

    [Fact]
    public void Two_test_classes_with_the_same_name_are_found()
    {
        SourceFile first = new("tests/a.cs", "class LinkTests;");
        Assert.Empty(TestRules.SameNames([first, new("tests/b.cs", "class VisitTests; class Link;")]));
        Assert.Equal(2, TestRules.SameNames([first, new("tests/b.cs", "class LinkTests;")]).Count());
    }

    [Theory]
    [InlineData("[Fact] void Works() { }", 1)]
    [InlineData("[Xunit.TheoryAttribute] void Works() { }", 1)]
    [InlineData("[Fact] void A_link_is_found() { }", 0)]
    [InlineData("void Works() { }", 0)]
    public void A_test_name_without_words_is_found(string method, int count) =>
        Assert.Equal(count, TestRules.NamelessTests(InClass(method)).Count());

    [Theory]
    [InlineData("[Fact] void A_b() { }")]
    [InlineData("[Fact] void A_b() => Save();  void Save() { }")]
    [InlineData("[Fact] void A_b() => Checkpoint();")]
    [InlineData("[Fact] void A_b() { var text = \"Assert\"; }")]
    [InlineData("[Theory] void A_b() => One();  void One() => Two();  void Two() => Assert.True(true);")]
    public void A_test_without_an_assertion_is_found(string methods) =>
        Assert.Single(TestRules.WithoutAssertion([InClass(methods)]));

    [Theory]
    [InlineData("[Fact] void A_b() => Assert.True(true);")]
    [InlineData("[Fact] void A_b() { Xunit.Assert.True(true); }")]
    [InlineData("[Fact] async Task A_b() => await Expect(page).ToBeVisible();")]
    [InlineData("[Fact] void A_b() => store.VerifyAll();")]
    [InlineData("[Fact] void A_b() => store?.CheckAll();")]
    [InlineData("[Fact] void A_b() => One();  void One() => Assert.True(true);")]
    [InlineData("[Fact] void A_b() { One(); void One() => Assert.True(true); }")]
    public void A_test_with_an_assertion_passes(string methods) =>
        Assert.Empty(TestRules.WithoutAssertion([InClass(methods)]));

    private static SourceFile InClass(string methods) => new("tests/a.cs", $"class C {{ {methods} }}");
}
