namespace Terse;

/// <summary>
/// The text of an id in a short URL: mixed-radix, without padding. The first character has radix 10
/// (<c>0-9</c>), every further one radix 62 (<c>0-9A-Za-z</c>). Put differently: the number in base 62, with
/// a <c>0</c> in front where that would begin with a letter, and nowhere else. Each number has one text, and
/// among texts of one length the order of ASCII is the order of the numbers.
/// </summary>
/// <remarks>
/// That the first character is a digit, and that nothing else may begin with one, is how a code that carries
/// its time is told from every other code. Static and stateless, and so safe for use by any number of
/// threads.
/// </remarks>
public static class CodeText
{
    /// <summary>Characters of the longest text, that of <see cref="long.MaxValue"/>.</summary>
    public const int MaxLength = 12;

    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>Writes the text of <paramref name="value"/> and returns how many characters it has.</summary>
    /// <param name="value">0 to <see cref="long.MaxValue"/>.</param>
    /// <param name="destination">At least <see cref="MaxLength"/> characters.</param>
    /// <exception cref="ArgumentException">
    /// The value is negative, or the destination shorter than <see cref="MaxLength"/>.
    /// </exception>
    public static int Format(long value, Span<char> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        if (destination.Length < MaxLength)
            throw new ArgumentException($"A text has up to {MaxLength} characters.", nameof(destination));

        var length = 1;
        for (var rest = value; rest >= 10; rest /= 62)
            length++;
        for (var position = length - 1; position > 0; position--)
        {
            destination[position] = Digits[(int)(value % 62)];
            value /= 62;
        }

        destination[0] = Digits[(int)value];
        return length;
    }

    /// <summary>Reads a text. Only what <see cref="Format"/> writes is taken; all else is refused.</summary>
    /// <returns>Whether <paramref name="text"/> is the text of a number.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out long value)
    {
        value = 0;
        if (text.IsEmpty || text.Length > MaxLength || !char.IsAsciiDigit(text[0]))
            return false;
        if (text.Length > 1 && text[0] == '0' && char.IsAsciiDigit(text[1]))
            return false;

        var sum = (UInt128)(text[0] - '0');
        foreach (var character in text[1..])
        {
            if (!char.IsAsciiLetterOrDigit(character))
                return false;
            sum = (sum * 62) + (UInt128)DigitValue(character);
        }

        if (sum > (UInt128)long.MaxValue)
            return false;
        value = (long)sum;
        return true;
    }

    private static int DigitValue(char character) => character switch
    {
        <= '9' => character - '0',
        <= 'Z' => character - 'A' + 10,
        _ => character - 'a' + 36,
    };
}
