using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Terse.Web;

namespace Terse.Access;

/// <summary>The endpoint that lists the audit. Nothing in the API changes the audit.</summary>
internal static class AuditEndpoints
{
    public const int MaxLimit = 500;
    public const int DefaultLimit = 50;

    private static readonly string[] Known =
        ["key", "action", "subject", "link", "from", "until", "cursor", "limit"];

    private static readonly string[] Formats =
        ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    public static void MapAudit(this IEndpointRouteBuilder app) =>
        app.MapGet("/api/v1/audit", ListAsync).WithTags("audit").RequiresUnlimited(Role.Admin)
            .Describe(AuditOperations.List);

    private static async Task<Results<Ok<AuditListResource>, Problem>> ListAsync(
        AuditLister lister, HttpContext context)
    {
        var query = context.Request.Query;
        if (query.Keys.FirstOrDefault(name => !Known.Contains(name)) is { } unknown)
            return Refuse(unknown, "This is not a parameter of this list.");
        if (!TryReadNumber(query["limit"], DefaultLimit, MaxLimit, out var limit))
            return Refuse("limit", $"'limit' must be a number from 1 to {MaxLimit}.");
        if (!TryReadLink(query["link"], out var link))
            return Refuse("link", "'link' must be the id of a link.");
        if (!TryReadTime(query["from"], out var from))
            return Refuse("from", "'from' must be a time like 2026-11-22T08:30:00Z.");
        if (!TryReadTime(query["until"], out var until))
            return Refuse("until", "'until' must be a time like 2026-11-22T08:30:00Z.");
        if (!TryReadCursor(query["cursor"], out var cursor))
            return Refuse("cursor", "'cursor' must be the value of 'next' of the previous page.");

        var filter = new AuditFilter
        {
            KeyId = Text(query["key"]),
            Action = Text(query["action"]),
            Subject = Text(query["subject"]),
            LinkId = link,
            From = from,
            Until = until,
        };
        if (until is not null)
            cursor ??= new(MicrosecondsOf(until.Value), long.MinValue);
        var (rows, next) = await lister.ListAsync(filter, cursor, limit, context.RequestAborted);
        return TypedResults.Ok(new AuditListResource(
            [.. rows.Select(Show)],
            next is { } position
                ? string.Create(CultureInfo.InvariantCulture, $"{position.At}-{position.Id}")
                : null));
    }

    private static AuditResource Show(AuditRow row) => new(
        row.At.UtcDateTime,
        row.Action,
        row.Subject,
        row.LinkId?.ToString(CultureInfo.InvariantCulture),
        row.KeyId,
        row.Address,
        Parse(row.Before),
        Parse(row.After));

    private static JsonElement? Parse(string? json)
    {
        if (json is null)
            return null;
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    private static string? Text(string? value) => string.IsNullOrEmpty(value) ? null : value;

    private static bool TryReadNumber(string? text, int byDefault, int max, out int number)
    {
        number = byDefault;
        return string.IsNullOrEmpty(text)
            || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number)
                && number >= 1 && number <= max);
    }

    private static bool TryReadLink(string? text, out long? id)
    {
        id = null;
        if (string.IsNullOrEmpty(text))
            return true;
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return false;
        id = number;
        return true;
    }

    private static bool TryReadTime(string? text, out DateTimeOffset? time)
    {
        time = null;
        if (string.IsNullOrEmpty(text))
            return true;
        // In a query string, an unencoded plus sign means a space.
        var isTime = DateTimeOffset.TryParseExact(
            text.Replace(' ', '+'),
            Formats,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out var read);
        time = read;
        return isTime && read.UtcDateTime.Year is >= 1970 and < 9999;
    }

    private static bool TryReadCursor(string? text, out AuditPosition? position)
    {
        position = null;
        if (string.IsNullOrEmpty(text))
            return true;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash <= 0
            || !long.TryParse(
                text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            || !long.TryParse(
                text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            || at > MicrosecondsOf(DateTimeOffset.MaxValue))
        {
            return false;
        }

        position = new(at, id);
        return true;
    }

    private static long MicrosecondsOf(DateTimeOffset time) =>
        (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private static Problem Refuse(string name, string detail) =>
        Problem.Of(ProblemType.QueryInvalid, detail, name);
}

/// <summary>A change, as the API shows it.</summary>
/// <param name="At">When the change was made.</param>
/// <param name="Action">
/// <c>link.create</c>, <c>link.change</c>, <c>link.delete</c>, <c>link.restore</c>, <c>link.erase</c>,
/// <c>key.create</c>, <c>key.rotate</c>, <c>key.revoke</c>, <c>domain.add</c>, <c>domain.change</c>,
/// <c>domain.remove</c>, <c>block.add</c> or <c>block.remove</c>.
/// </param>
/// <param name="Subject">
/// The domain and the code of the link, the id of the key, the domain or the blocked host.
/// </param>
/// <param name="Link">The id of the link; null if something else was changed.</param>
/// <param name="Key">The id of the key that made the change; null for a command and without a key.</param>
/// <param name="Address">The address of the client; null if the audit keeps no addresses.</param>
/// <param name="Before">The state before; null if there was none, and for an erased link.</param>
/// <param name="After">The state after; null if there is none, and for an erased link.</param>
internal sealed record AuditResource(
    DateTime At,
    string Action,
    string Subject,
    string? Link,
    string? Key,
    string? Address,
    JsonElement? Before,
    JsonElement? After);

/// <summary>A page of the audit.</summary>
/// <param name="Audit">The changes, the newest first.</param>
/// <param name="Next">The cursor of the next page; absent on the last page.</param>
internal sealed record AuditListResource(
    IReadOnlyList<AuditResource> Audit,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Next);
