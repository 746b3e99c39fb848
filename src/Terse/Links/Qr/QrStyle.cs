using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Terse.Links;

/// <summary>How a QR code is drawn.</summary>
/// <param name="Size">The width and the height of the image, in pixels.</param>
/// <param name="Margin">The width of the empty margin, in modules (the squares of the code).</param>
/// <param name="Level">
/// How much of the code may be damaged: <c>L</c> (7 %), <c>M</c> (15 %), <c>Q</c> (25 %) or <c>H</c> (30 %).
/// </param>
/// <param name="Dark">The color of dark modules: six hexadecimal digits in lower case.</param>
/// <param name="Light">The color of light modules and of the margin; null if they are transparent.</param>
internal sealed record QrStyle(int Size, int Margin, char Level, string Dark, string? Light)
{
    public const int MinSize = 64;
    public const int MaxSize = 2048;
    public const int MaxMargin = 16;

    public static readonly QrStyle Default = new(300, 4, 'M', "000000", "ffffff");

    private const int ColorLength = 6;
    private const string Transparent = "transparent";

    /// <summary>
    /// Reads a style from the parameters of a request. An absent parameter means the default.
    /// </summary>
    /// <param name="read">Returns the text of a parameter; null or empty if it is absent.</param>
    /// <param name="style">The style; null if a parameter is refused.</param>
    /// <param name="refusal">Why a parameter is refused; null if all are valid.</param>
    public static bool TryRead(
        Func<string, string?> read,
        [NotNullWhen(true)] out QrStyle? style,
        [NotNullWhen(false)] out Refusal? refusal)
    {
        var reader = new Reader(read);
        var found = new QrStyle(
            reader.Number("size", MinSize, MaxSize, Default.Size),
            reader.Number("margin", 0, MaxMargin, Default.Margin),
            reader.Level("level"),
            reader.Color("dark", Default.Dark)!,
            reader.Color("light", Default.Light!, mayBeTransparent: true));
        if (found.Dark == found.Light)
            reader.Refuse("light", "'dark' and 'light' are the same color; nobody could read the code.");
        refusal = reader.Refusal;
        style = refusal is null ? found : null;
        return style is not null;
    }

    /// <summary>Reads parameters, and keeps the first refusal.</summary>
    private sealed class Reader(Func<string, string?> read)
    {
        public Refusal? Refusal { get; private set; }

        public void Refuse(string name, string detail) => Refusal ??= Refusal.OfField(name, detail);

        public int Number(string name, int min, int max, int absent)
        {
            if (read(name) is not { Length: > 0 } text)
                return absent;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number >= min
                && number <= max)
            {
                return number;
            }

            Refuse(name, $"'{name}' must be a whole number from {min} to {max}.");
            return absent;
        }

        public char Level(string name)
        {
            if (read(name) is not { Length: > 0 } text)
                return Default.Level;
            if (text.Length == 1 && "LMQH".Contains(char.ToUpperInvariant(text[0]), StringComparison.Ordinal))
                return char.ToUpperInvariant(text[0]);
            Refuse(name, $"'{name}' must be L, M, Q or H.");
            return Default.Level;
        }

        public string? Color(string name, string absent, bool mayBeTransparent = false)
        {
            if (read(name) is not { Length: > 0 } text)
                return absent;
            if (mayBeTransparent && text == Transparent)
                return null;
            var digits = text.StartsWith('#') ? text[1..] : text;
            if (digits.Length == ColorLength && digits.All(char.IsAsciiHexDigit))
                return digits.ToLowerInvariant();
            Refuse(
                name,
                $"'{name}' must be a color of six hexadecimal digits, such as 1a2b3c"
                + (mayBeTransparent ? $", or '{Transparent}'." : "."));
            return absent;
        }
    }
}
