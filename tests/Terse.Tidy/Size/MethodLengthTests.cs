using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Terse.Tidy.Size;

public sealed class MethodLengthTests
{
    private const int MaxLines = 60;

    [Fact]
    public void No_method_is_longer_than_60_lines() =>
        Findings.AssertNone(Tree.CSharp.SelectMany(TooLong));

    [Theory]
    [InlineData("class C { void M() {", "} }")]
    [InlineData("class C { C() {", "} }")]
    [InlineData("class C { int P { get {", "} } }")]
    [InlineData("class C { int P => F(", "1); }")]
    [InlineData("class C { public static C operator +(C a, C b) {", "} }")]
    [InlineData("void Local() {", "}")]
    [InlineData("Console.Write(", "1);")]
    public void A_body_may_have_60_lines_and_no_more(string head, string tail)
    {
        Assert.Empty(TooLong(WithLines(MaxLines, head, tail)));
        Assert.Single(TooLong(WithLines(MaxLines + 1, head, tail)));
    }

    [Fact]
    public void Documentation_and_attributes_are_not_part_of_a_body() =>
        Assert.Empty(TooLong(WithLines(MaxLines, "class C {\n/// <summary>\n[Fact]\nvoid M() {", "} }")));

    private static IEnumerable<Finding> TooLong(SourceFile file) =>
        from body in Bodies(file.Syntax)
        let lines = body.Last.GetLocation().LastLine() - body.First.GetLocation().FirstLine() + 1
        where lines > MaxLines
        select file.At(
            body.First, $"a body of {lines} lines, at most {MaxLines}: give its steps names of their own");

    private static IEnumerable<(SyntaxToken First, SyntaxToken Last)> Bodies(CompilationUnitSyntax root)
    {
        foreach (var node in root.DescendantNodes().Where(IsBody))
            yield return (AfterAttributes(node), node.GetLastToken());

        var statements = root.Members.OfType<GlobalStatementSyntax>()
            .Where(member => member.Statement is not LocalFunctionStatementSyntax)
            .ToList();
        if (statements.Count > 0)
            yield return (statements[0].GetFirstToken(), statements[^1].GetLastToken());
    }

    private static bool IsBody(SyntaxNode node) => node
        is BaseMethodDeclarationSyntax
        or LocalFunctionStatementSyntax
        or AccessorDeclarationSyntax
        or PropertyDeclarationSyntax { ExpressionBody: not null }
        or IndexerDeclarationSyntax { ExpressionBody: not null };

    private static SyntaxToken AfterAttributes(SyntaxNode node)
    {
        var first = node.ChildNodesAndTokens().First(child => !child.IsKind(SyntaxKind.AttributeList));
        return first.IsToken ? first.AsToken() : first.AsNode()!.GetFirstToken();
    }

    private static SourceFile WithLines(int count, string head, string tail) =>
        new("src/C.cs", head + new string('\n', count - 1) + tail);
}
