using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using Terse.Links;
using Terse.Web;

namespace Terse.Visits;

/// <summary>Reads the query parameters of requests for visits and their counts.</summary>
internal static class VisitParameters
{
    private static readonly string[] LocalFormats =
        ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF"];

    private static readonly string[] OffsetFormats =
        ["yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <summary>
    /// Reads the IANA name of a time zone. If the parameter is missing, the time zone is UTC.
    /// </summary>
    public static TimeZoneInfo ReadZone(this QueryParameters parameters, string name)
    {
        if (parameters.Text(name) is not { } text)
            return TimeZoneInfo.Utc;
        if (TimeZones.TryFind(text, out var zone))
            return zone;
        parameters.Reject(
            name, $"'{name}' is not a time zone of this server; use an IANA name like 'Europe/Vienna'.");
        return TimeZoneInfo.Utc;
    }

    /// <summary>
    /// Reads a date or a time. Without an offset from UTC, the text is local time of the zone.
    /// </summary>
    public static DateTimeOffset? ReadInstant(
        this QueryParameters parameters, string name, TimeZoneInfo zone)
    {
        if (parameters.TimeText(name) is not { } text)
            return null;
        if (Parse(text, zone) is { Year: > 1970 and < 9999 } instant)
            return instant;
        parameters.Reject(
            name,
            $"'{name}' must be a date like 2026-11-22 or a time like 2026-11-22T08:30:00Z, after 1970.");
        return null;
    }

    /// <summary>Reads a cursor that <see cref="WriteCursor"/> created.</summary>
    public static VisitPosition? ReadVisitPosition(this QueryParameters parameters)
    {
        if (parameters.Text("cursor") is not { } text)
            return null;
        // TryDecodeFromChars would throw an exception for an invalid text.
        Span<byte> bytes = stackalloc byte[16];
        if (text.Length == 22
            && Base64Url.DecodeFromChars(text, bytes, out _, out var length) == OperationStatus.Done
            && length == bytes.Length
            && BinaryPrimitives.ReadInt64BigEndian(bytes) is >= 0 and < 253_402_300_800_000 and var at)
        {
            var number = BinaryPrimitives.ReadInt64BigEndian(bytes[8..]);
            return new(DateTimeOffset.FromUnixTimeMilliseconds(at), number);
        }

        parameters.RejectCursor();
        return null;
    }

    public static string WriteCursor(VisitPosition position)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, position.At.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], position.Number);
        return Base64Url.EncodeToString(bytes);
    }

    private static DateTimeOffset? Parse(string text, TimeZoneInfo zone)
    {
        const DateTimeStyles Style = DateTimeStyles.AssumeUniversal;
        var hasOffset = text.Length > 16 && (text[^1] == 'Z' || text[^6] is '+' or '-');
        if (hasOffset)
        {
            return DateTimeOffset.TryParseExact(text, OffsetFormats, null, Style, out var instant)
                ? instant
                : null;
        }

        return DateTime.TryParseExact(text, LocalFormats, null, DateTimeStyles.None, out var local)
            && local.Year is > 1 and < 9999
            ? VisitCalendar.InstantOf(local, zone)
            : null;
    }
}
