using System.Diagnostics.CodeAnalysis;

namespace Terse;

/// <summary>
/// A time-sorted id: a 63-bit number whose parts a <see cref="TsidLayout"/> tells apart, and whose text is
/// its code (<see cref="CodeText"/>).
/// </summary>
/// <remarks>Immutable, and so safe for use by any number of threads.</remarks>
public readonly record struct Tsid : IComparable<Tsid>, ISpanFormattable, ISpanParsable<Tsid>
{
    /// <summary>Wraps a number.</summary>
    /// <param name="value">0 to <see cref="long.MaxValue"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="value"/> is negative.</exception>
    public Tsid(long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        Value = value;
    }

    /// <summary>The number, 0 to <see cref="long.MaxValue"/>.</summary>
    public long Value { get; }

    /// <summary>Whether <paramref name="left"/> was minted before <paramref name="right"/>.</summary>
    public static bool operator <(Tsid left, Tsid right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> was minted after <paramref name="right"/>.</summary>
    public static bool operator >(Tsid left, Tsid right) => left.Value > right.Value;

    /// <summary>The opposite of <c>&gt;</c>.</summary>
    public static bool operator <=(Tsid left, Tsid right) => left.Value <= right.Value;

    /// <summary>The opposite of <c>&lt;</c>.</summary>
    public static bool operator >=(Tsid left, Tsid right) => left.Value >= right.Value;

    /// <inheritdoc/>
    public int CompareTo(Tsid other) => Value.CompareTo(other.Value);

    /// <summary>The code of the id.</summary>
    public override string ToString()
    {
        Span<char> text = stackalloc char[CodeText.MaxLength];
        return new string(text[..CodeText.Format(Value, text)]);
    }

    /// <inheritdoc/>
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc/>
    public bool TryFormat(
        Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        charsWritten = 0;
        Span<char> text = stackalloc char[CodeText.MaxLength];
        text = text[..CodeText.Format(Value, text)];
        if (!text.TryCopyTo(destination))
            return false;
        charsWritten = text.Length;
        return true;
    }

    /// <inheritdoc/>
    public static Tsid Parse(ReadOnlySpan<char> s, IFormatProvider? provider) =>
        TryParse(s, provider, out var id)
            ? id
            : throw new FormatException($"'{s}' is not the code of an id.");

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Tsid result)
    {
        var parsed = CodeText.TryParse(s, out var value);
        result = new Tsid(value);
        return parsed;
    }

    /// <inheritdoc/>
    public static Tsid Parse(string s, IFormatProvider? provider)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse(s.AsSpan(), provider);
    }

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Tsid result) =>
        TryParse(s.AsSpan(), provider, out result);
}
