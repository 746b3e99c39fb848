using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Terse.Tidy.Types;

/// <summary>
/// Finds types whose name occurs only in their own declaration. The rule compares only names, so it misses an
/// unused type if a different identifier has the same name. A type that the rule reports is certainly unused.
/// </summary>
internal static class UnusedTypes
{
    internal static IEnumerable<Finding> Find(IReadOnlyCollection<SourceFile> files)
    {
        var uses = files.SelectMany(file => file.Syntax.DescendantTokens())
            .Where(token => token.IsKind(SyntaxKind.IdentifierToken))
            .ToLookup(token => token.ValueText, StringComparer.Ordinal);

        var types = files.SelectMany(Declarations).ToLookup(part => part.Name.Text, StringComparer.Ordinal);

        return
            from type in types
            where !IsUsed(type.Key, [.. type.Select(part => part.Name.Parent!)], uses)
            let first = type.First()
            select first.File.At(first.Name, $"nothing in src/ uses {type.Key}: delete it");
    }

    private static IEnumerable<(SourceFile File, SyntaxToken Name)> Declarations(SourceFile file) =>
        from declaration in file.Syntax.DescendantNodes().OfType<MemberDeclarationSyntax>()
        let name = TypeName(declaration)
        where name.Text is not ("" or "Program") && !IsPublicApi(file, declaration)
        select (file, name);

    /// <summary>
    /// Returns the name of the declared type; <c>default</c> if the declaration is not a type.
    /// </summary>
    private static SyntaxToken TypeName(MemberDeclarationSyntax declaration) => declaration switch
    {
        ExtensionBlockDeclarationSyntax => default,
        BaseTypeDeclarationSyntax type => type.Identifier,
        DelegateDeclarationSyntax @delegate => @delegate.Identifier,
        _ => default,
    };

    // Public types of a library are not reported, because programs outside this repository may use them.
    private static bool IsPublicApi(SourceFile file, MemberDeclarationSyntax declaration) =>
        !file.Path.StartsWith("src/Terse/", StringComparison.Ordinal)
        && declaration.Modifiers.Any(SyntaxKind.PublicKeyword);

    private static bool IsUsed(string type, SyntaxNode[] parts, ILookup<string, SyntaxToken> uses)
    {
        var names = parts.SelectMany(ExtensionMethods).Prepend(type);
        if (type.EndsWith("Attribute", StringComparison.Ordinal))
            names = names.Append(type[..^"Attribute".Length]);
        return names.SelectMany(name => uses[name])
            .Any(use => !Array.Exists(parts, part => Holds(part, use)));
    }

    private static bool Holds(SyntaxNode part, SyntaxToken use) =>
        part.SyntaxTree == use.SyntaxTree && part.Span.Contains(use.Span);

    /// <summary>
    /// Returns the names of the extension methods of a class, because callers name these methods and not the
    /// class.
    /// </summary>
    private static IEnumerable<string> ExtensionMethods(SyntaxNode type) =>
        from member in type.ChildNodes()
        from name in member switch
        {
            MethodDeclarationSyntax method when IsExtension(method) => [method.Identifier.ValueText],
            ExtensionBlockDeclarationSyntax block => block.Members.Select(MemberName),
            _ => [],
        }
        select name;

    private static bool IsExtension(MethodDeclarationSyntax method) =>
        method.ParameterList.Parameters is [var first, ..] && first.Modifiers.Any(SyntaxKind.ThisKeyword);

    private static string MemberName(MemberDeclarationSyntax member) => member switch
    {
        MethodDeclarationSyntax method => method.Identifier.ValueText,
        PropertyDeclarationSyntax property => property.Identifier.ValueText,
        _ => "",
    };
}
