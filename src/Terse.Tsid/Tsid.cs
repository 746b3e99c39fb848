using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Text.Json.Serialization;

namespace Terse;

/// <summary>
/// A time-sorted id: a 64-bit number whose parts a <see cref="TsidLayout"/> tells apart. Ids that a
/// <see cref="TsidGenerator"/> mints have 63 bits, so that they fit a signed column of a database.
/// </summary>
/// <remarks>
/// <para>
/// Its texts are <c>T</c>, the default: as short as can be, base 62 with a decimal digit in front (a <c>0</c>
/// where it would begin with a letter); <c>C</c>: 13 characters of Crockford's base 32, as canonical TSID has
/// them, in which reading takes <c>i</c> and <c>l</c> for 1, <c>o</c> for 0, and either case; <c>B</c>: 11
/// characters of base 62; <c>D</c>: decimal; <c>X</c>: 16 hexadecimal characters. Among texts of one format
/// and length, the order of ASCII is the order of ids.
/// </para>
/// <para>Immutable, and so safe for use by any number of threads. Formatting and parsing allocate nothing but
/// the string that is asked for.</para>
/// </remarks>
[JsonConverter(typeof(TsidJsonConverter))]
public readonly record struct Tsid
    : IComparable<Tsid>, IComparable, ISpanFormattable, ISpanParsable<Tsid>, IUtf8SpanFormattable,
        IUtf8SpanParsable<Tsid>
{
    /// <summary>Wraps a number.</summary>
    /// <param name="value">Any.</param>
    public Tsid(ulong value) => Value = value;

    /// <summary>The number.</summary>
    public ulong Value { get; }

    /// <summary>Whether <paramref name="left"/> is the lesser number, and so the older id.</summary>
    public static bool operator <(Tsid left, Tsid right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> is the greater number, and so the younger id.</summary>
    public static bool operator >(Tsid left, Tsid right) => left.Value > right.Value;

    /// <summary>The opposite of <c>&gt;</c>.</summary>
    public static bool operator <=(Tsid left, Tsid right) => left.Value <= right.Value;

    /// <summary>The opposite of <c>&lt;</c>.</summary>
    public static bool operator >=(Tsid left, Tsid right) => left.Value >= right.Value;

    /// <summary>The id that a signed column holds.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="value"/> is negative.</exception>
    public static Tsid FromInt64(long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        return new Tsid((ulong)value);
    }

    /// <summary>The number for a signed column.</summary>
    /// <exception cref="OverflowException">The id has its 64th bit set, which no minted one has.</exception>
    public long ToInt64() => checked((long)Value);

    /// <inheritdoc/>
    public int CompareTo(Tsid other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="obj"/> is no id.</exception>
    public int CompareTo(object? obj) => obj switch
    {
        null => 1,
        Tsid other => CompareTo(other),
        _ => throw new ArgumentException("An id compares with an id.", nameof(obj)),
    };

    /// <summary>The id in format <c>T</c>.</summary>
    public override string ToString() => ToString(format: null, formatProvider: null);

    /// <summary>The id in a format of choice.</summary>
    /// <exception cref="FormatException"><paramref name="format"/> is none of T, C, B, D and X.</exception>
    public string ToString(string? format) => ToString(format, formatProvider: null);

    /// <inheritdoc/>
    /// <exception cref="FormatException"><paramref name="format"/> is none of T, C, B, D and X.</exception>
    public string ToString(string? format, IFormatProvider? formatProvider)
    {
        Span<char> text = stackalloc char[TextForm.MaxLength];
        TextForm.Named(format).TryWrite(Value, text, out var length);
        return new string(text[..length]);
    }

    /// <inheritdoc/>
    public bool TryFormat(
        Span<char> destination,
        out int charsWritten,
        ReadOnlySpan<char> format,
        IFormatProvider? provider) =>
        TextForm.Named(format).TryWrite(Value, destination, out charsWritten);

    /// <inheritdoc/>
    public bool TryFormat(
        Span<byte> utf8Destination,
        out int bytesWritten,
        ReadOnlySpan<char> format,
        IFormatProvider? provider) =>
        TextForm.Named(format).TryWrite(Value, utf8Destination, out bytesWritten);

    /// <summary>Reads an id in format <c>T</c>.</summary>
    /// <inheritdoc/>
    public static Tsid Parse(string s, IFormatProvider? provider)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse(s.AsSpan(), provider);
    }

    /// <inheritdoc cref="Parse(string, IFormatProvider?)"/>
    public static Tsid Parse(ReadOnlySpan<char> s, IFormatProvider? provider) =>
        TryParse(s, provider, out var id) ? id : throw new FormatException($"'{s}' is no id.");

    /// <inheritdoc cref="Parse(string, IFormatProvider?)"/>
    public static Tsid Parse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider) =>
        TryParse(utf8Text, provider, out var id) ? id : throw new FormatException("The text is no id.");

    /// <summary>Reads an id in format <c>T</c>; false where it is none.</summary>
    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Tsid result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc cref="TryParse(string?, IFormatProvider?, out Tsid)"/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Tsid result) =>
        TryRead(TextForm.Code, s, out result);

    /// <inheritdoc cref="TryParse(string?, IFormatProvider?, out Tsid)"/>
    public static bool TryParse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider, out Tsid result) =>
        TryRead(TextForm.Code, utf8Text, out result);

    /// <summary>Reads an id in a given format; false where the text is none.</summary>
    /// <exception cref="FormatException"><paramref name="format"/> is none of T, C, B, D and X.</exception>
    public static bool TryParseExact(ReadOnlySpan<char> text, ReadOnlySpan<char> format, out Tsid id) =>
        TryRead(TextForm.Named(format), text, out id);

    private static bool TryRead<TChar>(TextForm form, ReadOnlySpan<TChar> text, out Tsid id)
        where TChar : unmanaged, IBinaryInteger<TChar>
    {
        var read = form.TryRead(text, out var value);
        id = new Tsid(value);
        return read;
    }
}
