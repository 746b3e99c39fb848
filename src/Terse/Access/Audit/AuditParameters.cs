using System.Globalization;
using Terse.Web;

namespace Terse.Access;

/// <summary>Reads the query parameters of the list of the audit.</summary>
internal static class AuditParameters
{
    private static readonly string[] Known =
        ["key", "action", "subject", "link", "from", "until", "cursor", "limit"];

    public static AuditFilter ReadAuditFilter(this QueryParameters parameters)
    {
        parameters.RejectUnknown(Known);
        return new()
        {
            KeyId = parameters.Text("key"),
            Action = parameters.Text("action"),
            Subject = parameters.Text("subject"),
            LinkId = ReadLinkId(parameters),
            From = parameters.ReadTime("from"),
            Until = parameters.ReadTime("until"),
        };
    }

    /// <summary>Reads a cursor that <see cref="WriteCursor"/> created.</summary>
    public static AuditPosition? ReadAuditPosition(this QueryParameters parameters)
    {
        if (parameters.Text("cursor") is not { } text)
            return null;
        if (text.Split('-') is [var first, var second]
            && QueryParameters.TryParseNumber(first, out var at)
            && QueryParameters.TryParseNumber(second, out var id)
            && at <= AuditPosition.MicrosecondsOf(DateTimeOffset.MaxValue))
        {
            return new(at, id);
        }

        parameters.RejectCursor();
        return null;
    }

    public static string WriteCursor(AuditPosition position) =>
        string.Create(CultureInfo.InvariantCulture, $"{position.At}-{position.Id}");

    private static long? ReadLinkId(QueryParameters parameters)
    {
        if (parameters.Text("link") is not { } text)
            return null;
        if (QueryParameters.TryParseNumber(text, out var id))
            return id;
        parameters.Reject("link", "'link' must be the id of a link.");
        return null;
    }
}
