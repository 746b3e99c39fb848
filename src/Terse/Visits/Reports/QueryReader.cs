using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using Terse.Links;
using Terse.Web;

namespace Terse.Visits;

/// <summary>
/// Reads the query parameters of a request. If a parameter is invalid, the method that reads the parameter
/// returns the default value, and <see cref="Problem"/> describes the first invalid parameter.
/// </summary>
internal sealed class QueryReader(IQueryCollection query)
{
    private static readonly string[] LocalFormats =
        ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF"];

    private static readonly string[] OffsetFormats =
        ["yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <summary>
    /// Describes the first invalid parameter; null if all parameters that were read are valid.
    /// </summary>
    public Problem? Problem { get; private set; }

    public void Reject(string name, string detail) =>
        Problem ??= Problem.Of(ProblemType.QueryInvalid, detail, name);

    /// <summary>
    /// Reads the IANA name of a time zone. If the parameter is missing, the time zone is UTC.
    /// </summary>
    public TimeZoneInfo ReadZone(string name)
    {
        if (Text(name) is not { } text)
            return TimeZoneInfo.Utc;
        if (TimeZones.TryFind(text, out var zone))
            return zone;
        Reject(name, $"'{name}' is not a time zone of this server; use an IANA name like 'Europe/Vienna'.");
        return TimeZoneInfo.Utc;
    }

    /// <summary>
    /// Reads a date or a time. Without an offset from UTC, the text is local time of the zone.
    /// </summary>
    public DateTimeOffset? ReadInstant(string name, TimeZoneInfo zone)
    {
        // In a query string, an unencoded plus sign means a space. So the offset "+01:00" arrives as " 01:00"
        // if the client does not encode the plus sign as %2B.
        if (Text(name)?.Replace(' ', '+') is not { } text)
            return null;
        if (Parse(text, zone) is { Year: > 1970 and < 9999 } instant)
            return instant;
        Reject(
            name,
            $"'{name}' must be a date like 2026-11-22 or a time like 2026-11-22T08:30:00Z, after 1970.");
        return null;
    }

    public bool ReadFlag(string name)
    {
        if (Text(name) is not { } text)
            return false;
        if (!bool.TryParse(text, out var flag))
            Reject(name, $"'{name}' must be 'true' or 'false'.");
        return flag;
    }

    public int ReadNumber(string name, int max, int defaultValue)
    {
        if (Text(name) is not { } text)
            return defaultValue;
        if (int.TryParse(text, NumberStyles.None, null, out var number) && number >= 1 && number <= max)
            return number;
        Reject(name, $"'{name}' must be a number from 1 to {max:N0}.");
        return defaultValue;
    }

    /// <summary>
    /// Reads one of the named values. If the parameter is missing, the result is the first value.
    /// </summary>
    public T ReadChoice<T>(string name, IReadOnlyList<(string Name, T Value)> choices)
    {
        if (Text(name) is not { } text)
            return choices[0].Value;
        foreach (var (choice, value) in choices)
        {
            if (choice == text)
                return value;
        }

        Reject(name, $"'{name}' must be one of {string.Join(", ", choices.Select(choice => choice.Name))}.");
        return choices[0].Value;
    }

    /// <summary>Reads a cursor that <see cref="WriteCursor"/> created.</summary>
    public VisitPosition? ReadCursor(string name)
    {
        if (Text(name) is not { } text)
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

        Reject(name, $"'{name}' must be the value of 'next' of the previous page.");
        return null;
    }

    public static string WriteCursor(VisitPosition position)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, position.At.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], position.Number);
        return Base64Url.EncodeToString(bytes);
    }

    private string? Text(string name) => query.TryGetValue(name, out var values) ? values.ToString() : null;

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
