using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Terse.Tidy;

internal static class SyntaxExtensions
{
    internal static IEnumerable<T> Directives<T>(this SourceFile file)
        where T : DirectiveTriviaSyntax
    {
        var directive = file.Syntax.ContainsDirectives ? file.Syntax.GetFirstDirective() : null;
        for (; directive is not null; directive = directive.GetNextDirective())
        {
            if (directive is T found)
                yield return found;
        }
    }

    /// <summary>
    /// Returns the name of an attribute as the source code writes it, without the namespace and without the
    /// suffix <c>Attribute</c>.
    /// </summary>
    internal static string SimpleName(this AttributeSyntax attribute)
    {
        var name = attribute.Name.SimpleName();
        const string Suffix = "Attribute";
        return name.EndsWith(Suffix, StringComparison.Ordinal) ? name[..^Suffix.Length] : name;
    }

    /// <summary>
    /// Returns the last part of a qualified name, such as <c>True</c> for <c>Assert.True</c>.
    /// </summary>
    internal static string SimpleName(this ExpressionSyntax expression) => expression switch
    {
        SimpleNameSyntax name => name.Identifier.ValueText,
        QualifiedNameSyntax name => name.Right.Identifier.ValueText,
        AliasQualifiedNameSyntax name => name.Name.Identifier.ValueText,
        MemberAccessExpressionSyntax access => access.Name.Identifier.ValueText,
        MemberBindingExpressionSyntax binding => binding.Name.Identifier.ValueText,
        _ => "",
    };
}
