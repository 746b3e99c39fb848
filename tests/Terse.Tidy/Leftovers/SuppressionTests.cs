using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Terse.Tidy.Leftovers;

public sealed partial class SuppressionTests
{
    [Fact]
    public void Every_suppression_of_a_warning_has_a_reason() =>
        Findings.AssertNone(Tree.CSharp.SelectMany(WithoutReason));

    [Theory]
    [InlineData("#pragma warning disable CA1000 // A factory reads better on the type.\n")]
    [InlineData("#pragma warning restore CA1000\n")]
    [InlineData("[SuppressMessage(\"A\", \"CA1\", Justification = \"The runtime calls it.\")] class C;")]
    [InlineData("var text = \"#pragma warning disable CA1000\";")]
    public void A_suppression_with_a_reason_passes(string text) =>
        Assert.Empty(WithoutReason(new("a.cs", text)));

    [Theory]
    [InlineData("#pragma warning disable CA1000\n")]
    [InlineData("#pragma warning disable CA1000 //\n")]
    [InlineData("[SuppressMessage(\"A\", \"CA1\")] class C;")]
    [InlineData("[SuppressMessage(\"A\", \"CA1\", Justification = \" \")] class C;")]
    [InlineData("[SuppressMessage(\"A\", \"CA1\", Justification = \"<Pending>\")] class C;")]
    [InlineData("[assembly: System.Diagnostics.CodeAnalysis.UnconditionalSuppressMessage(\"A\", \"IL2\")]")]
    public void A_suppression_without_a_reason_is_found(string text) =>
        Assert.Single(WithoutReason(new("a.cs", text)));

    private static IEnumerable<Finding> WithoutReason(SourceFile file) =>
        Pragmas(file).Concat(Attributes(file));

    private static IEnumerable<Finding> Pragmas(SourceFile file) =>
        from directive in file.Directives<PragmaWarningDirectiveTriviaSyntax>()
        where directive.DisableOrRestoreKeyword.IsKind(SyntaxKind.DisableKeyword)
        where !Reason.IsMatch(directive.ToFullString())
        select file.At(directive, "a pragma without a reason: correct the code, or add the reason after // ");

    private static IEnumerable<Finding> Attributes(SourceFile file) =>
        from attribute in file.Syntax.DescendantNodes().OfType<AttributeSyntax>()
        where attribute.SimpleName() is "SuppressMessage" or "UnconditionalSuppressMessage"
        where !(attribute.ArgumentList?.Arguments.Any(IsReason) ?? false)
        select file.At(attribute, "a suppression without a Justification: correct the code, or add one");

    private static bool IsReason(AttributeArgumentSyntax argument) =>
        argument.NameEquals?.Name.Identifier.ValueText is "Justification"
        && !(argument.Expression is LiteralExpressionSyntax { Token.ValueText: var text }
            && (string.IsNullOrWhiteSpace(text) || text is "<Pending>"));

    [GeneratedRegex(@"//\s*\w+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Reason { get; }
}
