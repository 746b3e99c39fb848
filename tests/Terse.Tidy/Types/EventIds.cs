using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Terse.Tidy.Types;

/// <summary>
/// Finds log messages whose event id is missing, or is the event id of another message. Operators filter the
/// log by event ids, so each id means one message.
/// </summary>
internal static class EventIds
{
    private const string Missing = "write the event id of the message as a number, the first argument";

    internal static IEnumerable<Finding> Find(IEnumerable<SourceFile> files)
    {
        var messages = files.SelectMany(Messages).ToList();
        return messages.Where(message => message.Id is null)
            .Select(message => message.File.At(message.Attribute, Missing))
            .Concat(
                from same in messages.Where(message => message.Id is not null).GroupBy(message => message.Id)
                where same.Count() > 1
                from message in same
                select message.File.At(message.Attribute, string.Create(
                    CultureInfo.InvariantCulture,
                    $"several messages have the event id {same.Key}: choose a free one")));
    }

    private static IEnumerable<(SourceFile File, AttributeSyntax Attribute, int? Id)> Messages(
        SourceFile file) =>
        from attribute in file.Syntax.DescendantNodes().OfType<AttributeSyntax>()
        where attribute.SimpleName() == "LoggerMessage"
        select (file, attribute, IdOf(attribute));

    /// <summary>Returns the event id; null if the attribute has none that is a positive number.</summary>
    private static int? IdOf(AttributeSyntax attribute)
    {
        var arguments = attribute.ArgumentList?.Arguments ?? [];
        var argument = arguments.FirstOrDefault(one => NameOf(one) is "EventId" or "eventId")
            ?? arguments.FirstOrDefault();
        return argument?.Expression is LiteralExpressionSyntax literal
            && NameOf(argument) is null or "EventId" or "eventId"
            && literal.IsKind(SyntaxKind.NumericLiteralExpression)
            && literal.Token.Value is int and > 0 and var id
            ? id
            : null;
    }

    private static string? NameOf(AttributeArgumentSyntax argument) =>
        (argument.NameEquals?.Name ?? argument.NameColon?.Name)?.Identifier.ValueText;
}
