using System.Numerics;

namespace Terse;

/// <summary>
/// A text form of numbers: an alphabet of digits and a length. Every form writes the most significant digit
/// first, and its digits ascend in ASCII. So texts of one form and one length sort like their numbers.
/// </summary>
/// <remarks>Immutable, and therefore safe for use by any number of threads. Allocates nothing.</remarks>
internal sealed class TextForm
{
    /// <summary>The length of the longest text: <see cref="ulong.MaxValue"/> in decimal.</summary>
    public const int MaxLength = 20;

    private const string Base62Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private readonly string _digits;
    private readonly sbyte[] _values;
    private readonly int _length;
    private readonly bool _leadsWithDecimalDigit;

    /// <param name="digits">The digits in ascending order; their number is the radix.</param>
    /// <param name="length">The fixed length of a text; 0 for the shortest text.</param>
    /// <param name="leadsWithDecimalDigit">
    /// Whether to write a 0 before a text that would begin with a letter.
    /// </param>
    /// <param name="alsoReads">
    /// Pairs of characters: reading accepts the first character in place of the second.
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
    /// The form of Terse's codes: the shortest base 62 text that begins with a decimal digit.
    /// </summary>
    public static TextForm Code { get; } = new(Base62Digits, leadsWithDecimalDigit: true);

    /// <summary>
    /// Canonical TSID: 13 digits of Crockford's base 32 (https://www.crockford.com/base32.html).
    /// </summary>
    public static TextForm Crockford { get; } = new(
        "0123456789ABCDEFGHJKMNPQRSTVWXYZ",
        length: 13,
        alsoReads: "aAbBcCdDeEfFgGhHjJkKmMnNpPqQrRsStTvVwWxXyYzZi1I1l1L1o0O0");

    /// <summary>11 digits of base 62.</summary>
    public static TextForm Base62 { get; } = new(Base62Digits, length: 11);

    /// <summary>Decimal, without leading zeros.</summary>
    public static TextForm Decimal { get; } = new("0123456789");

    /// <summary>16 hexadecimal digits, lower case; reading accepts upper case too.</summary>
    public static TextForm Hexadecimal { get; } =
        new("0123456789abcdef", length: 16, alsoReads: "AaBbCcDdEeFf");

    /// <summary>Finds the form of a format string.</summary>
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

    /// <summary>Writes a number.</summary>
    /// <returns>False when the destination is too short; then nothing is written.</returns>
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
    /// Reads a number: the text that <see cref="TryWrite"/> writes, with other accepted characters in place
    /// of its digits.
    /// </summary>
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

    /// <summary>Ensures that each number has only one text: the text that writing it gives.</summary>
    private bool IsShortest<TChar>(ReadOnlySpan<TChar> text, ulong value)
        where TChar : unmanaged, IBinaryInteger<TChar>
    {
        Span<TChar> shortest = stackalloc TChar[MaxLength];
        return TryWrite(value, shortest, out var length) && text.SequenceEqual(shortest[..length]);
    }
}
