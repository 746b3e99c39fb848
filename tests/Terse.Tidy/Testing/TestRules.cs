using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Terse.Tidy.Testing;

internal static partial class TestRules
{
    internal static IEnumerable<Finding> NamelessTests(SourceFile file) =>
        from test in Tests(file)
        where !test.Identifier.ValueText.Contains('_', StringComparison.Ordinal)
        select file.At(test.Identifier, "a test's name is a sentence: State_what_holds");

    /// <summary>Finds the tests that neither assert nor call, by name, a method that does.</summary>
    internal static IEnumerable<Finding> WithoutAssertion(IReadOnlyCollection<SourceFile> files)
    {
        var asserting = files.SelectMany(file => file.Syntax.DescendantNodes())
            .Where(AssertsItself)
            .Select(NameOf)
            .ToHashSet(StringComparer.Ordinal);

        return
            from file in files
            from test in Tests(file)
            where !AssertsItself(test) && !Calls(test).Any(asserting.Contains)
            select file.At(test.Identifier, "asserts nothing, so it cannot fail: assert what its name says");
    }

    internal static IEnumerable<Finding> Sleeping(SourceFile file) =>
        from access in file.Syntax.DescendantNodes().OfType<MemberAccessExpressionSyntax>()
        let name = $"{access.Expression.SimpleName()}.{access.Name.Identifier.ValueText}"
        where name is "Thread.Sleep" or "Task.Delay"
        select file.At(access, $"{name}: wait for what the test needs, not for time");

    internal static IEnumerable<Finding> Skipped(SourceFile file)
    {
        foreach (var node in file.Syntax.DescendantNodes())
        {
            var isSkipped = node switch
            {
                AttributeArgumentSyntax { NameEquals.Name.Identifier.ValueText: var name } =>
                    name is "Skip" or "SkipWhen" or "SkipUnless" or "Explicit",
                MemberAccessExpressionSyntax access => access.Expression.SimpleName() is "Assert"
                    && access.Name.Identifier.ValueText is "Skip" or "SkipWhen" or "SkipUnless",
                _ => false,
            };
            if (isSkipped)
                yield return file.At(node, "a skipped test: mend it, or delete it");
        }
    }

    private static IEnumerable<MethodDeclarationSyntax> Tests(SourceFile file) =>
        from method in file.Syntax.DescendantNodes().OfType<MethodDeclarationSyntax>()
        from attribute in method.AttributeLists.SelectMany(list => list.Attributes)
        where attribute.SimpleName() is "Fact" or "Theory"
        select method;

    private static bool AssertsItself(SyntaxNode node) =>
        NameOf(node).Length > 0
        && (node.DescendantNodes().OfType<IdentifierNameSyntax>()
                .Any(name => name.Identifier.ValueText is "Assert")
            || Calls(node).Any(name => AssertingName.IsMatch(name)));

    private static string NameOf(SyntaxNode node) => node switch
    {
        MethodDeclarationSyntax method => method.Identifier.ValueText,
        LocalFunctionStatementSyntax function => function.Identifier.ValueText,
        _ => "",
    };

    private static IEnumerable<string> Calls(SyntaxNode node) =>
        from call in node.DescendantNodes().OfType<InvocationExpressionSyntax>()
        select call.Expression.SimpleName();

    // `CheckAll` checks, a `Checkpoint` does not.
    [GeneratedRegex(
        "^(Assert|Expect|Check|Verify|Throws)([A-Z_]|$)",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex AssertingName { get; }
}
