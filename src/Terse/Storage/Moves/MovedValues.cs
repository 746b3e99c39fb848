using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Terse.Storage.Moves;

/// <summary>Converts values to the form in which a move compares them (<see cref="ColumnKind"/>).</summary>
internal static class MovedValues
{
    /// <summary>PostgreSQL cannot store the character U+0000.</summary>
    public static string WithoutNull(string text) => text.Replace('\0', '\ufffd');

    /// <summary>
    /// Returns JSON without white space, since PostgreSQL formats jsonb, and without the character U+0000.
    /// </summary>
    public static string Normalize(string json)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var text = json.Replace("\\u0000", "\\ufffd", StringComparison.Ordinal);
        using (var document = JsonDocument.Parse(text))
        using (var writer = new Utf8JsonWriter(buffer))
            document.WriteTo(writer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>The length of the unit of a kind that PostgreSQL stores as an instant.</summary>
    public static long TicksOf(ColumnKind kind) => kind switch
    {
        ColumnKind.Microseconds => TimeSpan.TicksPerMicrosecond,
        ColumnKind.Milliseconds => TimeSpan.TicksPerMillisecond,
        ColumnKind.Seconds => TimeSpan.TicksPerSecond,
        ColumnKind.Hours => TimeSpan.TicksPerHour,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "This kind is no time."),
    };

    /// <summary>Rounds an instant down to a whole number of units since 1970.</summary>
    public static long FromInstant(DateTime instant, ColumnKind kind)
    {
        var (units, rest) = Math.DivRem(instant.Ticks - DateTime.UnixEpoch.Ticks, TicksOf(kind));
        return rest < 0 ? units - 1 : units;
    }

    public static DateTime ToInstant(long units, ColumnKind kind) =>
        DateTime.UnixEpoch.AddTicks(units * TicksOf(kind));
}
