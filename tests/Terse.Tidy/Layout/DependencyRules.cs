using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Terse.Tidy.Layout;

/// <summary>
/// Who may know whom in <c>src/Terse</c>: features meet only through Links (a redirect is a visit, so those
/// that answer know those that count), Links knows neither SQL nor HTTP
/// beyond its endpoints, the stores do not know each other; only <c>Program.cs</c> and Commands know all.
/// </summary>
internal static class DependencyRules
{
    private const string Program = "src/Terse/";

    private static readonly ImmutableArray<string> Features =
        ["Terse.Links", "Terse.Redirects", "Terse.Visits", "Terse.Access", "Terse.Fleet"];

    private static readonly ImmutableArray<string> Drivers =
        ["Microsoft.Data.Sqlite", "Npgsql", "System.Data"];

    // The web SDK's implicit usings bring these into every file, without a using that would tell.
    private static readonly ImmutableHashSet<string> HttpNames =
    [
        "HttpContext", "HttpRequest", "HttpResponse", "IResult", "TypedResults", "StatusCodes",
        "WebApplication", "ProblemDetails", "IEndpointRouteBuilder", "RouteGroupBuilder",
        "IApplicationBuilder",
    ];

    internal static IEnumerable<Finding> Broken(SourceFile file)
    {
        if (!file.IsUnder(Program))
            return [];
        var forbidden = ForbiddenTo(file.Path);
        return
            from name in NamesIn(file.Syntax)
            from root in forbidden
            where IsIn(root, name.Text)
            select file.At(name.Node, $"{root} is not for this folder ({name.Text}): {Remedy(file.Path)}");
    }

    internal static IEnumerable<Finding> HttpInRules(SourceFile file) =>
        from token in IsRuleOfLinks(file.Path) ? file.Syntax.DescendantTokens() : []
        where token.IsKind(SyntaxKind.IdentifierToken) && HttpNames.Contains(token.ValueText)
        select file.At(token, $"{token.ValueText} is HTTP, which Links knows only in its …Endpoints.cs");

    /// <summary>Finds what a global using would let into every folder behind the rules' back.</summary>
    internal static IEnumerable<Finding> GlobalUsings(SourceFile file) =>
        from directive in file.Syntax.Usings
        where directive.GlobalKeyword.IsKind(SyntaxKind.GlobalKeyword)
        select file.At(directive, "a global using lets a name into every folder: say it where it is used");

    /// <summary>Finds the files whose namespace is not that of their folder, which the rules go by.</summary>
    internal static IEnumerable<Finding> Misplaced(SourceFile file)
    {
        var depth = file.IsUnder(Program + "Storage/") ? 2 : 1;
        var folders = file.Path.Split('/')[2..^1].Take(depth);
        var expected = string.Join('.', folders.Prepend("Terse"));
        return
            from declaration in file.Syntax.Members.OfType<BaseNamespaceDeclarationSyntax>()
            where !IsIn(expected, declaration.Name.ToString())
            select file.At(declaration, $"the folder's namespace is {expected}");
    }

    private static ImmutableArray<string> ForbiddenTo(string path) => path.Split('/')[2..] switch
    {
        ["Program.cs"] or ["Commands", ..] => [],
        ["Links", ..] when IsRuleOfLinks(path) =>
            [.. OtherFeatures("Links"), .. Drivers, "Terse.Hosting", "Microsoft.AspNetCore"],
        ["Links", ..] => [.. OtherFeatures("Links"), .. Drivers],
        ["Redirects", ..] => OtherFeatures("Redirects").Remove("Terse.Visits"),
        [("Visits" or "Access" or "Fleet") and var feature, ..] => OtherFeatures(feature),
        ["Storage", "Sqlite", ..] => ["Terse.Storage.Postgres", "Terse.Commands", "Npgsql"],
        ["Storage", "Postgres", ..] => ["Terse.Storage.Sqlite", "Terse.Commands", "Microsoft.Data.Sqlite"],
        ["Storage", ..] => ["Terse.Commands"],
        _ => ["Terse.Storage", "Terse.Commands"],
    };

    private static ImmutableArray<string> OtherFeatures(string feature) =>
    [
        .. Features.Where(other => other is not "Terse.Links" && !IsIn(other, "Terse." + feature)),
        "Terse.Storage",
        "Terse.Commands",
    ];

    private static string Remedy(string path) => path.Contains("/Storage/", StringComparison.Ordinal)
        ? "what both stores need belongs to the role that they fulfil"
        : "meet through a type in Links, and join the parts in Program.cs or a command";

    private static bool IsRuleOfLinks(string path) =>
        path.StartsWith(Program + "Links/", StringComparison.Ordinal)
        && !path.EndsWith("Endpoints.cs", StringComparison.Ordinal);

    private static bool IsIn(string root, string name) =>
        name.StartsWith(root, StringComparison.Ordinal)
        && (name.Length == root.Length || name[root.Length] == '.');

    /// <summary>The names behind <c>using</c>, and those that the code qualifies itself.</summary>
    private static IEnumerable<(SyntaxNode Node, string Text)> NamesIn(CompilationUnitSyntax root) =>
        from node in root.DescendantNodes(node => node is not UsingDirectiveSyntax)
        let text = node switch
        {
            UsingDirectiveSyntax directive => Dotted(directive.NamespaceOrType),
            QualifiedNameSyntax or MemberAccessExpressionSyntax when IsWhole(node) => Dotted(node),
            _ => null,
        }
        where text is not null
        select (node, text);

    private static bool IsWhole(SyntaxNode node) => node.Parent
        is not (QualifiedNameSyntax or MemberAccessExpressionSyntax or BaseNamespaceDeclarationSyntax);

    /// <summary>The text of a chain of plain names; null where a call or an index comes between.</summary>
    private static string? Dotted(SyntaxNode? node) => node switch
    {
        SimpleNameSyntax name => name.Identifier.ValueText,
        AliasQualifiedNameSyntax name => name.Name.Identifier.ValueText,
        QualifiedNameSyntax name => $"{Dotted(name.Left)}.{Dotted(name.Right)}",
        MemberAccessExpressionSyntax access when Dotted(access.Expression) is { } left =>
            $"{left}.{access.Name.Identifier.ValueText}",
        _ => null,
    };
}
