using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Terse.Tidy.Testing;

internal static partial class TestRules
{
    internal static IEnumerable<Finding> NamelessTests(SourceFile file) =>
        from test in Tests(file)
        where !test.Identifier.ValueText.Contains('_', StringComparison.Ordinal)
        select file.At(test.Identifier, "the name of a test is a sentence: State_the_behaviour");

    /// <summary>
    /// Finds tests that contain no assertion and call no method that contains an assertion. The rule
    /// identifies a called method by its name only.
    /// </summary>
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
            select file.At(test.Identifier, "asserts nothing, so it cannot fail: assert the behaviour");
    }

    /// <summary>Finds test classes that have the same name as a test class in a different file.</summary>
    internal static IEnumerable<Finding> SameNames(IEnumerable<SourceFile> files) =>
        from file in files
        from type in file.Syntax.DescendantNodes().OfType<ClassDeclarationSyntax>()
        where type.Identifier.ValueText.EndsWith("Tests", StringComparison.Ordinal)
        group (file, type) by type.Identifier.ValueText into name
        where name.DistinctBy(found => found.file.Path).Count() > 1
        from found in name
        select found.file.At(found.type.Identifier, $"another file declares {name.Key}: rename one of them");

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

    // A method named `CheckAll` counts as an assertion, a method named `Checkpoint` does not.
    [GeneratedRegex(
        "^(Assert|Expect|Check|Verify|Throws)([A-Z_]|$)",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex AssertingName { get; }
}
