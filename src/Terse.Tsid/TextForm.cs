using System.Numerics;

namespace Terse;

/// <summary>
/// How a number is written: with which digits, and how many of them. All forms write the most significant
/// digit first and their digits in the order of ASCII, so that among texts of one length (and of one case)
/// the order of texts is the order of numbers.
/// </summary>
/// <remarks>Immutable, and so safe for use by any number of threads. Allocates nothing.</remarks>
internal sealed class TextForm
{
    /// <summary>Characters of the longest text: <see cref="ulong.MaxValue"/> in decimal.</summary>
    public const int MaxLength = 20;

    private const string Base62Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private readonly string _digits;
    private readonly sbyte[] _values;
    private readonly int _length;
    private readonly bool _leadsWithDecimalDigit;

    /// <param name="digits">The digits in order; their number is the radix.</param>
    /// <param name="length">How many digits a text has, or 0 for no more than needed.</param>
    /// <param name="leadsWithDecimalDigit">Puts a 0 before a text that would begin with a letter.</param>
    /// <param name="alsoReads">What stands for what when reading, in pairs.</param>
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

    /// <summary>Terse's codes: base 62, as short as can be, with a decimal digit in front.</summary>
    public static TextForm Code { get; } = new(Base62Digits, leadsWithDecimalDigit: true);

    /// <summary>Canonical TSID: 13 digits of base 32 (https://www.crockford.com/base32.html).</summary>
    public static TextForm Crockford { get; } = new(
        "0123456789ABCDEFGHJKMNPQRSTVWXYZ",
        length: 13,
        alsoReads: "aAbBcCdDeEfFgGhHjJkKmMnNpPqQrRsStTvVwWxXyYzZi1I1l1L1o0O0");

    /// <summary>11 digits of base 62.</summary>
    public static TextForm Base62 { get; } = new(Base62Digits, length: 11);

    /// <summary>Decimal, without leading zeros.</summary>
    public static TextForm Decimal { get; } = new("0123456789");

    /// <summary>16 hexadecimal digits, lower case; either case is read.</summary>
    public static TextForm Hexadecimal { get; } =
        new("0123456789abcdef", length: 16, alsoReads: "AaBbCcDdEeFf");

    /// <summary>The form that a format string names.</summary>
    /// <exception cref="FormatException">None is named so.</exception>
    public static TextForm Named(ReadOnlySpan<char> format) => format switch
    {
        "" or "T" => Code,
        "C" => Crockford,
        "B" => Base62,
        "D" => Decimal,
        "X" => Hexadecimal,
        _ => throw new FormatException($"'{format}' is none of the formats T, C, B, D and X."),
    };

    /// <summary>Writes a number.</summary>
    /// <returns>False, and nothing is written, when the destination is too short.</returns>
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

    /// <summary>Reads a number: what <see cref="TryWrite"/> writes, and what stands for it.</summary>
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

    /// <summary>Each number has one text: nothing but that which writing it gives.</summary>
    private bool IsShortest<TChar>(ReadOnlySpan<TChar> text, ulong value)
        where TChar : unmanaged, IBinaryInteger<TChar>
    {
        Span<TChar> shortest = stackalloc TChar[MaxLength];
        return TryWrite(value, shortest, out var length) && text.SequenceEqual(shortest[..length]);
    }
}
