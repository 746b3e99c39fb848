using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Text.Json.Serialization;

namespace Terse;

/// <summary>
/// A time-sorted id: a 64-bit number whose parts a <see cref="TsidLayout"/> defines. Ids from a
/// <see cref="TsidGenerator"/> have 63 bits, so that they fit into a signed database column.
/// </summary>
/// <remarks>
/// <para>
/// The text formats are: <c>T</c>, the default: the shortest base 62 text, with a <c>0</c> in front if it
/// would begin with a letter; <c>C</c>: 13 characters of Crockford's base 32, like canonical TSID, where
/// reading accepts <c>i</c> and <c>l</c> as 1, <c>o</c> as 0, and both cases; <c>B</c>: 11 characters of base
/// 62; <c>D</c>: decimal; <c>X</c>: 16 hexadecimal characters. Texts of one format and one length sort in
/// ASCII like their ids.
/// </para>
/// <para>
/// Immutable, and therefore safe for use by any number of threads. Formatting and parsing allocate nothing
/// except the returned string.
/// </para>
/// </remarks>
[JsonConverter(typeof(TsidJsonConverter))]
public readonly record struct Tsid
    : IComparable<Tsid>, IComparable, ISpanFormattable, ISpanParsable<Tsid>, IUtf8SpanFormattable,
        IUtf8SpanParsable<Tsid>
{
    /// <summary>Creates an id from its number.</summary>
    /// <param name="value">Any number.</param>
    public Tsid(ulong value) => Value = value;

    /// <summary>The number.</summary>
    public ulong Value { get; }

    /// <summary>Whether <paramref name="left"/> is the smaller number, which is the older id.</summary>
    public static bool operator <(Tsid left, Tsid right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> is the greater number, which is the newer id.</summary>
    public static bool operator >(Tsid left, Tsid right) => left.Value > right.Value;

    /// <summary>Whether <paramref name="left"/> is the smaller number, or equal.</summary>
    public static bool operator <=(Tsid left, Tsid right) => left.Value <= right.Value;

    /// <summary>Whether <paramref name="left"/> is the greater number, or equal.</summary>
    public static bool operator >=(Tsid left, Tsid right) => left.Value >= right.Value;

    /// <summary>Creates an id from the number of a signed column.</summary>
    /// <param name="value">The number, 0 or greater.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="value"/> is negative.</exception>
    public static Tsid FromInt64(long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        return new Tsid((ulong)value);
    }

    /// <summary>The number for a signed column.</summary>
    /// <exception cref="OverflowException">
    /// The 64th bit is set; ids from a <see cref="TsidGenerator"/> never have it.
    /// </exception>
    public long ToInt64() => checked((long)Value);

    /// <inheritdoc/>
    public int CompareTo(Tsid other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="obj"/> is not an id.</exception>
    public int CompareTo(object? obj) => obj switch
    {
        null => 1,
        Tsid other => CompareTo(other),
        _ => throw new ArgumentException("An id can only be compared with an id.", nameof(obj)),
    };

    /// <summary>Writes the id in format <c>T</c>.</summary>
    public override string ToString() => ToString(format: null, formatProvider: null);

    /// <summary>Writes the id in the given format.</summary>
    /// <exception cref="FormatException"><paramref name="format"/> is not T, C, B, D or X.</exception>
    public string ToString(string? format) => ToString(format, formatProvider: null);

    /// <inheritdoc/>
    /// <exception cref="FormatException"><paramref name="format"/> is not T, C, B, D or X.</exception>
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
        TryParse(s, provider, out var id)
            ? id
            : throw new FormatException($"'{s}' is not an id in format T.");

    /// <inheritdoc cref="Parse(string, IFormatProvider?)"/>
    public static Tsid Parse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider) =>
        TryParse(utf8Text, provider, out var id)
            ? id
            : throw new FormatException("The text is not an id in format T.");

    /// <summary>Reads an id in format <c>T</c>; returns false when the text is not an id.</summary>
    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Tsid result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc cref="TryParse(string?, IFormatProvider?, out Tsid)"/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Tsid result) =>
        TryRead(TextForm.Code, s, out result);

    /// <inheritdoc cref="TryParse(string?, IFormatProvider?, out Tsid)"/>
    public static bool TryParse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider, out Tsid result) =>
        TryRead(TextForm.Code, utf8Text, out result);

    /// <summary>Reads an id in the given format; returns false when the text is not an id.</summary>
    /// <exception cref="FormatException"><paramref name="format"/> is not T, C, B, D or X.</exception>
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
