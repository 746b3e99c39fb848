using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Text.Json.Serialization;

namespace Terse;

/// <summary>
/// A 64-bit id that sorts by the time at which it was minted. A <see cref="TsidLayout"/> defines which bits
/// contain the time, the node and the sequence. Ids from a <see cref="TsidGenerator"/> use only 63 bits, so
/// that they fit into a signed database column.
/// </summary>
/// <remarks>
/// <para>
/// An id can be written in five text formats. Texts of the same format and the same length sort in ASCII
/// like their ids.
/// </para>
/// <list type="bullet">
/// <item><description><c>T</c>, the default, is base 62 without leading zeros. Only a <c>T</c> text that
/// would begin with a letter gets one <c>0</c> in front.</description></item>
/// <item><description><c>C</c> has 13 characters of Crockford's base 32, like canonical TSID. Parsing accepts
/// upper and lower case, and reads <c>i</c> and <c>l</c> as 1, and <c>o</c> as 0.
/// </description></item>
/// <item><description><c>B</c> is base 62 with leading zeros, always 11 characters.</description></item>
/// <item><description><c>D</c> is decimal.</description></item>
/// <item><description><c>X</c> has 16 hexadecimal characters.</description></item>
/// </list>
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
    /// <summary>Creates an id from its 64-bit value.</summary>
    /// <param name="value">Any 64-bit number; every number is a valid id.</param>
    public Tsid(ulong value) => Value = value;

    /// <summary>The id as a 64-bit number.</summary>
    public ulong Value { get; }

    /// <summary>Whether <paramref name="left"/> is less than <paramref name="right"/>.</summary>
    public static bool operator <(Tsid left, Tsid right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> is greater than <paramref name="right"/>.</summary>
    public static bool operator >(Tsid left, Tsid right) => left.Value > right.Value;

    /// <summary>Whether <paramref name="left"/> is less than or equal to <paramref name="right"/>.</summary>
    public static bool operator <=(Tsid left, Tsid right) => left.Value <= right.Value;

    /// <summary>
    /// Whether <paramref name="left"/> is greater than or equal to <paramref name="right"/>.
    /// </summary>
    public static bool operator >=(Tsid left, Tsid right) => left.Value >= right.Value;

    /// <summary>Creates an id from the value of a signed database column.</summary>
    /// <param name="value">The value of the column, 0 or greater.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="value"/> is negative.</exception>
    public static Tsid FromInt64(long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        return new Tsid((ulong)value);
    }

    /// <summary>Returns the id as a value for a signed database column.</summary>
    /// <exception cref="OverflowException">
    /// The id is greater than <see cref="long.MaxValue"/>. A <see cref="TsidGenerator"/> never mints such an
    /// id.
    /// </exception>
    public long ToInt64() => checked((long)Value);

    /// <inheritdoc/>
    public int CompareTo(Tsid other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="obj"/> is not a <see cref="Tsid"/>.</exception>
    public int CompareTo(object? obj) => obj switch
    {
        null => 1,
        Tsid other => CompareTo(other),
        _ => throw new ArgumentException("An id can only be compared with an id.", nameof(obj)),
    };

    /// <summary>Returns the id as a text in format <c>T</c>.</summary>
    public override string ToString() => ToString(format: null, formatProvider: null);

    /// <summary>Returns the id as a text in the given format.</summary>
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

    /// <summary>Reads an id in format <c>T</c>; returns false when the text is not in this format.</summary>
    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Tsid result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc cref="TryParse(string?, IFormatProvider?, out Tsid)"/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Tsid result) =>
        TryRead(TextForm.Code, s, out result);

    /// <inheritdoc cref="TryParse(string?, IFormatProvider?, out Tsid)"/>
    public static bool TryParse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider, out Tsid result) =>
        TryRead(TextForm.Code, utf8Text, out result);

    /// <summary>Reads an id in the given format; returns false when the text is not in this format.</summary>
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
