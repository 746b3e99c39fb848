using System.Numerics;

namespace Terse;

/// <summary>
/// A text format for ids: it writes an id's number with an alphabet of digits and, in some formats, with a
/// fixed length. Every format writes the most significant digit first, and the digits are in ASCII order.
/// Therefore texts of the same format and the same length sort like their numbers.
/// </summary>
/// <remarks>Immutable, and therefore safe for use by any number of threads. Allocates nothing.</remarks>
internal sealed class TextForm
{
    /// <summary>The length of the longest text, which is <see cref="ulong.MaxValue"/> in decimal.</summary>
    public const int MaxLength = 20;

    private const string Base62Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private readonly string _digits;
    private readonly sbyte[] _values;
    private readonly int _length;
    private readonly bool _leadsWithDecimalDigit;

    /// <param name="digits">All digits, from the smallest to the greatest; their count is the radix.</param>
    /// <param name="length">The length of every text, or 0 when each text is as short as possible.</param>
    /// <param name="leadsWithDecimalDigit">
    /// Whether to write a 0 before a text that would begin with a letter.
    /// </param>
    /// <param name="alsoReads">
    /// Pairs of characters, for example <c>aAbB</c>. <see cref="TryRead"/> reads the first character of a
    /// pair as if it were the second character.
    /// </param>
    private TextForm(string digits, int length = 0, bool leadsWithDecimalDigit = false, string alsoReads = "")
    {
        _digits = digits;
        _length = length;
        _leadsWithDecimalDigit = leadsWithDecimalDigit;
        _values = new sbyte[128];
        Array.Fill(_values, (sbyte)-1);
        for (var value = 0; value < digits.Length; value++)
            _values[digits[value]] = (sbyte)value;
        for (var index = 0; index < alsoReads.Length; index += 2)
            _values[alsoReads[index]] = _values[alsoReads[index + 1]];
    }

    /// <summary>
    /// Format T: the shortest base 62 text that begins with a decimal digit. Terse writes the codes of links
    /// in this format.
    /// </summary>
    public static TextForm Code { get; } = new(Base62Digits, leadsWithDecimalDigit: true);

    /// <summary>
    /// Format C, as in canonical TSID: 13 digits of Crockford's base 32
    /// (https://www.crockford.com/base32.html).
    /// </summary>
    public static TextForm Crockford { get; } = new(
        "0123456789ABCDEFGHJKMNPQRSTVWXYZ",
        length: 13,
        alsoReads: "aAbBcCdDeEfFgGhHjJkKmMnNpPqQrRsStTvVwWxXyYzZi1I1l1L1o0O0");

    /// <summary>Format B: 11 digits of base 62.</summary>
    public static TextForm Base62 { get; } = new(Base62Digits, length: 11);

    /// <summary>Format D: decimal digits without leading zeros.</summary>
    public static TextForm Decimal { get; } = new("0123456789");

    /// <summary>Format X: 16 hexadecimal digits in lower case. Reading also accepts upper case.</summary>
    public static TextForm Hexadecimal { get; } =
        new("0123456789abcdef", length: 16, alsoReads: "AaBbCcDdEeFf");

    /// <summary>Returns the text format that a format string names; the empty string means T.</summary>
    /// <exception cref="FormatException">The format is not T, C, B, D or X.</exception>
    public static TextForm Named(ReadOnlySpan<char> format) => format switch
    {
        "" or "T" => Code,
        "C" => Crockford,
        "B" => Base62,
        "D" => Decimal,
        "X" => Hexadecimal,
        _ => throw new FormatException($"The format '{format}' is unknown; use T, C, B, D or X."),
    };

    /// <summary>Writes a number in this text format.</summary>
    /// <returns>False when the destination is too short; nothing is written in that case.</returns>
    public bool TryWrite<TChar>(ulong value, Span<TChar> destination, out int written)
        where TChar : unmanaged, IBinaryInteger<TChar>
    {
        Span<TChar> text = stackalloc TChar[MaxLength];
        var radix = (ulong)_digits.Length;
        var start = MaxLength;
        do
        {
            (value, var digit) = Math.DivRem(value, radix);
            text[--start] = TChar.CreateTruncating((ushort)_digits[(int)digit]);
        }
        while (value != 0);

        var zero = TChar.CreateTruncating((ushort)'0');
        if (_leadsWithDecimalDigit && text[start] > TChar.CreateTruncating((ushort)'9'))
            text[--start] = zero;
        while (MaxLength - start < _length)
            text[--start] = zero;

        var fits = text[start..].TryCopyTo(destination);
        written = fits ? MaxLength - start : 0;
        return fits;
    }

    /// <summary>
    /// Reads a number from a text that <see cref="TryWrite"/> could have written. Some formats also accept
    /// alternative characters for a digit, for example upper case.
    /// </summary>
    /// <returns>False when the text is not in this format, or its number exceeds 64 bits.</returns>
    public bool TryRead<TChar>(ReadOnlySpan<TChar> text, out ulong value)
        where TChar : unmanaged, IBinaryInteger<TChar>
    {
        value = 0;
        if (text.IsEmpty || text.Length > MaxLength || (_length > 0 && text.Length != _length))
            return false;

        var radix = (ulong)_digits.Length;
        var sum = 0UL;
        foreach (var character in text)
        {
            var index = uint.CreateSaturating(character);
            var digit = index < (uint)_values.Length ? _values[index] : -1;
            if (digit < 0 || Math.BigMul(sum, radix, out var low) != 0)
                return false;
            sum = low + (ulong)digit;
            if (sum < low)
                return false;
        }

        if (_length == 0 && !IsShortest(text, sum))
            return false;
        value = sum;
        return true;
    }

    /// <summary>
    /// Whether <see cref="TryWrite"/> would write exactly this text for the number. Without this check, texts
    /// with additional leading zeros would be accepted, and one number would have several texts.
    /// </summary>
    private bool IsShortest<TChar>(ReadOnlySpan<TChar> text, ulong value)
        where TChar : unmanaged, IBinaryInteger<TChar>
    {
        Span<TChar> shortest = stackalloc TChar[MaxLength];
        return TryWrite(value, shortest, out var length) && text.SequenceEqual(shortest[..length]);
    }
}
