using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Terse.Tidy.Types;

internal static class TypeDeclarations
{
    /// <summary>The name that a declaration gives to a type; default when it declares none.</summary>
    internal static SyntaxToken TypeName(this MemberDeclarationSyntax declaration) => declaration switch
    {
        ExtensionBlockDeclarationSyntax => default,
        BaseTypeDeclarationSyntax type => type.Identifier,
        DelegateDeclarationSyntax @delegate => @delegate.Identifier,
        _ => default,
    };
}
