using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Terse.Tidy.Types;

internal static class TypeDeclarations
{
    /// <summary>The name of the declared type. Default if the declaration is not a type.</summary>
    internal static SyntaxToken TypeName(this MemberDeclarationSyntax declaration) => declaration switch
    {
        ExtensionBlockDeclarationSyntax => default,
        BaseTypeDeclarationSyntax type => type.Identifier,
        DelegateDeclarationSyntax @delegate => @delegate.Identifier,
        _ => default,
    };
}
