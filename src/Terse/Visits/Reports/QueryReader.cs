using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using Terse.Web;

namespace Terse.Visits;

/// <summary>
/// Reads the parameters of a query. The first one that is wrong is kept as a problem, and a value that can be
/// gone on with comes back in its place.
/// </summary>
internal sealed class QueryReader(IQueryCollection query)
{
    private static readonly string[] LocalFormats =
        ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF"];

    private static readonly string[] OffsetFormats =
        ["yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <summary>Null where all that was read so far is right.</summary>
    public Problem? Problem { get; private set; }

    public void Refuse(string name, string detail) =>
        Problem ??= Problem.Of(ProblemType.QueryInvalid, detail, name);

    /// <summary>A time zone by its IANA name; UTC where none is named.</summary>
    public TimeZoneInfo ReadZone(string name)
    {
        if (Text(name) is not { } text)
            return TimeZoneInfo.Utc;
        if (IsZoneName(text) && TimeZoneInfo.TryFindSystemTimeZoneById(text, out var zone))
            return zone;
        Refuse(name, $"'{name}' is no time zone that this server knows; name one like 'Europe/Vienna'.");
        return TimeZoneInfo.Utc;
    }

    /// <summary>A date or a time, in a zone unless it brings an offset of its own.</summary>
    public DateTimeOffset? ReadInstant(string name, TimeZoneInfo zone)
    {
        // A plus sign that is not written as %2B arrives as a space.
        if (Text(name)?.Replace(' ', '+') is not { } text)
            return null;
        if (Parse(text, zone) is { Year: > 1970 and < 9999 } instant)
            return instant;
        Refuse(
            name,
            $"'{name}' is a date such as 2026-11-22 or a time such as 2026-11-22T08:30:00Z, after 1970.");
        return null;
    }

    public bool ReadFlag(string name)
    {
        if (Text(name) is not { } text)
            return false;
        if (!bool.TryParse(text, out var flag))
            Refuse(name, $"'{name}' is 'true' or 'false'.");
        return flag;
    }

    public int ReadNumber(string name, int max, int missing)
    {
        if (Text(name) is not { } text)
            return missing;
        if (int.TryParse(text, NumberStyles.None, null, out var number) && number >= 1 && number <= max)
            return number;
        Refuse(name, $"'{name}' is a number from 1 to {max:N0}.");
        return missing;
    }

    /// <summary>The value that goes by a name; the first one where none is named.</summary>
    public T ReadChoice<T>(string name, IReadOnlyList<(string Name, T Value)> choices)
    {
        if (Text(name) is not { } text)
            return choices[0].Value;
        foreach (var (choice, value) in choices)
        {
            if (choice == text)
                return value;
        }

        Refuse(name, $"'{name}' is one of {string.Join(", ", choices.Select(choice => choice.Name))}.");
        return choices[0].Value;
    }

    /// <summary>Where a list goes on, as <see cref="WriteCursor"/> wrote it.</summary>
    public VisitPosition? ReadCursor(string name)
    {
        if (Text(name) is not { } text)
            return null;
        Span<byte> bytes = stackalloc byte[16];
        if (Base64Url.TryDecodeFromChars(text.Length == 22 ? text : "", bytes, out var length)
            && length == bytes.Length
            && BinaryPrimitives.ReadInt64BigEndian(bytes) is >= 0 and < 253_402_300_800_000 and var at)
        {
            var number = BinaryPrimitives.ReadInt64BigEndian(bytes[8..]);
            return new(DateTimeOffset.FromUnixTimeMilliseconds(at), number);
        }

        Refuse(name, $"'{name}' is what 'next' of the page before says.");
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

    /// <summary>A name becomes a path of the system's files, and is to lead to no other file.</summary>
    private static bool IsZoneName(string text) =>
        text.Length <= 64
        && text.Split('/').All(part => part.Length > 0 && char.IsAsciiLetter(part[0]))
        && text.All(sign => char.IsAsciiLetterOrDigit(sign) || sign is '/' or '_' or '-' or '+');

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
