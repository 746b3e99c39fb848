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
    public void No_test_sleeps() =>
        Findings.AssertNone(Tree.CSharpUnder("tests/").SelectMany(TestRules.Sleeping));

    [Fact]
    public void No_test_is_skipped() =>
        Findings.AssertNone(Tree.CSharpUnder("tests/").SelectMany(TestRules.Skipped));

    [Theory]
    [InlineData("[Fact] void Works() { }", 1)]
    [InlineData("[Xunit.TheoryAttribute] void Works() { }", 1)]
    [InlineData("[Fact] void A_link_is_found() { }", 0)]
    [InlineData("void Works() { }", 0)]
    public void A_name_that_is_no_sentence_is_found(string method, int count) =>
        Assert.Equal(count, TestRules.NamelessTests(InClass(method)).Count());

    [Theory]
    [InlineData("[Fact] void A_b() { }")]
    [InlineData("[Fact] void A_b() => Save();  void Save() { }")]
    [InlineData("[Fact] void A_b() => Checkpoint();")]
    [InlineData("[Fact] void A_b() { var text = \"Assert\"; }")]
    [InlineData("[Theory] void A_b() => One();  void One() => Two();  void Two() => Assert.True(true);")]
    public void A_test_that_cannot_fail_is_found(string methods) =>
        Assert.Single(TestRules.WithoutAssertion([InClass(methods)]));

    [Theory]
    [InlineData("[Fact] void A_b() => Assert.True(true);")]
    [InlineData("[Fact] void A_b() { Xunit.Assert.True(true); }")]
    [InlineData("[Fact] async Task A_b() => await Expect(page).ToBeVisible();")]
    [InlineData("[Fact] void A_b() => store.VerifyAll();")]
    [InlineData("[Fact] void A_b() => store?.CheckAll();")]
    [InlineData("[Fact] void A_b() => One();  void One() => Assert.True(true);")]
    [InlineData("[Fact] void A_b() { One(); void One() => Assert.True(true); }")]
    public void A_test_that_asserts_passes(string methods) =>
        Assert.Empty(TestRules.WithoutAssertion([InClass(methods)]));

    [Theory]
    [InlineData("void M() => Thread.Sleep(1);", 1)]
    [InlineData("Task M() => System.Threading.Tasks.Task.Delay(1);", 1)]
    [InlineData("Task M() => clock.Delay(1);", 0)]
    public void A_sleeping_test_is_found(string method, int count) =>
        Assert.Equal(count, TestRules.Sleeping(InClass(method)).Count());

    [Theory]
    [InlineData("[Fact(Skip = \"later\")] void A_b() { }", 1)]
    [InlineData("[Fact(Explicit = true)] void A_b() { }", 1)]
    [InlineData("[Fact] void A_b() => Assert.Skip(\"later\");", 1)]
    [InlineData("[Fact] void A_b() => Assert.Empty(all.Skip(1));", 0)]
    [InlineData("[Fact] void A_b() => M(\"Skip = \");", 0)]
    public void A_skipped_test_is_found(string method, int count) =>
        Assert.Equal(count, TestRules.Skipped(InClass(method)).Count());

    private static SourceFile InClass(string methods) => new("tests/a.cs", $"class C {{ {methods} }}");
}
