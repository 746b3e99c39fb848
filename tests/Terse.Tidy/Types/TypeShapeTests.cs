using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Terse.Tidy.Types;

public sealed class TypeShapeTests
{
    [Fact]
    public void The_program_offers_no_public_type() =>
        Findings.AssertNone(Tree.CSharpUnder("src/Terse/").SelectMany(Public));

    [Fact]
    public void Every_class_of_the_program_is_sealed_static_or_abstract() =>
        Findings.AssertNone(Open([.. Tree.CSharpUnder("src/Terse/")]));

    [Theory]
    [InlineData("public sealed class Link;", 1)]
    [InlineData("namespace Terse { public interface ILink; }", 1)]
    [InlineData("public delegate void Done();", 1)]
    [InlineData("internal sealed class Link { public enum Kind { One } }", 0)]
    [InlineData("internal readonly record struct Link;", 0)]
    public void A_public_type_is_found(string code, int count) =>
        Assert.Equal(count, Public(new("src/Terse/a.cs", code)).Count());

    [Theory]
    [InlineData("internal class Link;", 1)]
    [InlineData("internal record Link;", 1)]
    [InlineData("internal static class Links { private class Inner; }", 1)]
    [InlineData("internal sealed class Link;", 0)]
    [InlineData("internal static class Links;", 0)]
    [InlineData("internal abstract record Result { internal sealed record Found : Result; }", 0)]
    [InlineData("internal record struct Link;", 0)]
    [InlineData("internal partial class Link; internal sealed partial class Link;", 0)]
    public void A_class_that_is_open_is_found(string code, int count) =>
        Assert.Equal(count, Open([new("src/Terse/a.cs", code)]).Count());

    private static IEnumerable<Finding> Public(SourceFile file) =>
        from declaration in file.Syntax.DescendantNodes().OfType<MemberDeclarationSyntax>()
        where declaration.TypeName().Text.Length > 0 && declaration.Parent is not TypeDeclarationSyntax
        where declaration.Modifiers.Any(SyntaxKind.PublicKeyword)
        select file.At(declaration.TypeName(), "public: the program is no library, say internal");

    private static IEnumerable<Finding> Open(IEnumerable<SourceFile> files) =>
        from type in files.SelectMany(Classes).ToLookup(part => FullName(part.Class), StringComparer.Ordinal)
        where !type.Any(part => part.Class.Modifiers.Any(IsClosing))
        let first = type.First()
        select first.File.At(first.Class.Identifier, $"{type.Key} is open to inheritance: say sealed");

    private static IEnumerable<(SourceFile File, TypeDeclarationSyntax Class)> Classes(SourceFile file) =>
        from declaration in file.Syntax.DescendantNodes().OfType<TypeDeclarationSyntax>()
        where declaration.Kind() is SyntaxKind.ClassDeclaration or SyntaxKind.RecordDeclaration
        select (file, declaration);

    private static bool IsClosing(SyntaxToken modifier) => modifier.Kind()
        is SyntaxKind.SealedKeyword or SyntaxKind.StaticKeyword or SyntaxKind.AbstractKeyword;

    /// <summary>The type's name behind those of the types and namespaces around it.</summary>
    private static string FullName(TypeDeclarationSyntax type)
    {
        var names = type.Ancestors().Select(ancestor => ancestor switch
        {
            TypeDeclarationSyntax outer => outer.Identifier.ValueText,
            BaseNamespaceDeclarationSyntax space => space.Name.ToString(),
            _ => "",
        });
        return string.Join(
            '.', names.Prepend(type.Identifier.ValueText).Where(name => name.Length > 0).Reverse());
    }
}
