using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Terse.Tidy.Leftovers;

/// <summary>
/// Finds commented-out code in <c>//</c> comments: text that ends with a semicolon or a brace and parses as
/// C#. Prose rarely has both properties. The rule does not report text that parses but would have no effect
/// as code, such as <c>the cache;</c> (which declares a variable).
/// </summary>
internal static class CommentedCode
{
    private const int MaxStatementLines = 12;

    // The text is parsed as a C# script, because a script can contain statements, members and usings.
    private static readonly CSharpParseOptions Script =
        new(LanguageVersion.Preview, kind: SourceCodeKind.Script);

    internal static IEnumerable<Finding> Find(SourceFile file) =>
        from block in Blocks(file)
        from line in CodeLines([.. block.Select(comment => comment.Text)])
        select file.At(block[line].Line, "commented-out code: delete it, because git keeps the history");

    /// <summary>Groups comments on adjacent lines into blocks.</summary>
    private static IEnumerable<List<(int Line, string Text)>> Blocks(SourceFile file)
    {
        List<(int Line, string Text)> block = [];
        foreach (var comment in Comments(file.Syntax))
        {
            if (block.Count > 0 && comment.Line != block[^1].Line + 1)
            {
                yield return block;
                block = [];
            }

            block.Add(comment);
        }

        yield return block;
    }

    private static IEnumerable<(int Line, string Text)> Comments(CompilationUnitSyntax root) =>
        from trivia in root.DescendantTrivia()
        where trivia.IsKind(SyntaxKind.SingleLineCommentTrivia)
        select (trivia.GetLocation().FirstLine(), trivia.ToString()[2..].Trim());

    /// <summary>Returns the indexes of the lines on which commented-out code begins.</summary>
    private static IEnumerable<int> CodeLines(string[] lines)
    {
        for (var end = 0; end < lines.Length; end++)
        {
            if (lines[end] is not [.., ';' or '{' or '}'])
                continue;
            for (var start = end; start >= 0 && end - start < MaxStatementLines; start--)
            {
                if (!IsCode(string.Join('\n', lines[start..(end + 1)])))
                    continue;
                yield return start;
                break;
            }
        }
    }

    internal static bool IsCode(string text)
    {
        var closed = text.EndsWith('{') ? text + "}" : text;
        var root = CSharpSyntaxTree.ParseText(closed, Script).GetCompilationUnitRoot();
        var isEmpty = root.Members.Count == 0 && root.Usings.Count == 0;
        return !isEmpty && !root.ContainsDiagnostics && root.Members.All(DoesSomething);
    }

    private static bool DoesSomething(MemberDeclarationSyntax member) => member switch
    {
        GlobalStatementSyntax { Statement: ExpressionStatementSyntax effect } => IsEffect(effect.Expression),
        GlobalStatementSyntax { Statement: LabeledStatementSyntax or EmptyStatementSyntax } => false,
        GlobalStatementSyntax { Statement: BlockSyntax block } => block.Statements.Count > 0,
        FieldDeclarationSyntax field => field.Modifiers.Count > 0 || IsVariable(field.Declaration),
        _ => true,
    };

    private static bool IsVariable(VariableDeclarationSyntax declaration) =>
        declaration.Type is PredefinedTypeSyntax
        || declaration.Variables.All(variable => variable.Initializer is not null);

    private static bool IsEffect(ExpressionSyntax expression) => expression
        is InvocationExpressionSyntax
        or AssignmentExpressionSyntax
        or AwaitExpressionSyntax
        or PostfixUnaryExpressionSyntax
        or PrefixUnaryExpressionSyntax
        or BaseObjectCreationExpressionSyntax
        or ConditionalAccessExpressionSyntax;
}
