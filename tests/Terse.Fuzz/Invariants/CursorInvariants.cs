using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Terse.Access;
using Terse.Links;
using Terse.Visits;
using Terse.Web;

namespace Terse.Fuzz;

/// <summary>
/// What must hold for every text that a client sends as the cursor of a list: it is refused, or it means a
/// position that Terse can write and read again. A cursor of a list of links equals the text that Terse
/// writes.
/// </summary>
internal static class CursorInvariants
{
    private static readonly Guid Secret = new("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0");

    public static void Check(string text)
    {
        CheckLinks(text, secret: null);
        CheckLinks(text, Secret);
        CheckQuery(
            text,
            parameters => parameters.ReadVisitPosition(),
            position => VisitParameters.WriteCursor((VisitPosition)position));
        CheckQuery(
            text,
            parameters => parameters.ReadAuditPosition(),
            position => AuditParameters.WriteCursor((AuditPosition)position));
        CheckQuery(text, parameters => parameters.ReadNumberCursor(), number => $"{number}");
    }

    private static void CheckLinks(string text, Guid? secret)
    {
        if (ListCursor.Read(text, secret) is not { } position)
            return;
        var written = ListCursor.Write(position, secret);
        Assert.Equal(position, ListCursor.Read(written, secret));
        Assert.Equal(text, written);
    }

    private static void CheckQuery(
        string text, Func<QueryParameters, object?> read, Func<object, string> write)
    {
        var parameters = NewParameters(text);
        if (read(parameters) is not { } position)
        {
            Assert.Equal(text.Length == 0, parameters.Problem is null);
            return;
        }

        Assert.Null(parameters.Problem);
        Assert.Equal(position, read(NewParameters(write(position))));
    }

    private static QueryParameters NewParameters(string cursor) => new(new QueryCollection(
        new Dictionary<string, StringValues>(StringComparer.Ordinal) { ["cursor"] = cursor }));
}
