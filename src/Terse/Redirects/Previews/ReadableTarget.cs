using System.Globalization;
using System.Text;
using Terse.Domains;
using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// A target in parts, so that a person sees which host it leads to. The host is in ASCII, because a letter of
/// another alphabet can look like a Latin letter. Elsewhere, encoded letters and digits are decoded; spaces,
/// signs and marks that could hide or reorder text stay encoded.
/// </summary>
/// <param name="Before">The scheme, and the user if there is one.</param>
/// <param name="Host">The host, without the port; empty if the target has no host.</param>
/// <param name="After">The port, the path, the query string and the fragment.</param>
/// <param name="UnicodeHost">The host in Unicode; null if it consists of ASCII letters only.</param>
internal sealed record ReadableTarget(string Before, string Host, string After, string? UnicodeHost)
{
    private const string PunycodePrefix = "xn--";

    /// <summary>The longest encoded character of UTF-8, in bytes.</summary>
    private const int MaxBytes = 4;

    /// <param name="location">The target in ASCII (<see cref="TargetAscii"/>).</param>
    public static ReadableTarget Of(string location)
    {
        var (start, end) = Target.FindAuthority(location);
        var authority = location.AsSpan(start..end);
        var host = Authority.Split(authority).Host.ToString();
        var hostStart = start + authority.LastIndexOf('@') + 1;
        var rest = Decode(location[(hostStart + host.Length)..]);
        return new(location[..hostStart], host, rest, UnicodeOf(host));
    }

    private static string? UnicodeOf(string host)
    {
        if (!host.Contains(PunycodePrefix, StringComparison.OrdinalIgnoreCase))
            return null;
        try
        {
            var unicode = new IdnMapping().GetUnicode(host);
            return unicode.EnumerateRunes().All(rune => rune.IsAscii || IsReadable(rune)) ? unicode : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static string Decode(string text)
    {
        var decoded = new StringBuilder(text.Length);
        Span<byte> bytes = stackalloc byte[MaxBytes];
        var position = 0;
        while (position < text.Length)
        {
            var count = ReadBytes(text.AsSpan(position), bytes);
            if (count > 0
                && Rune.DecodeFromUtf8(bytes[..count], out var rune, out var used)
                    == System.Buffers.OperationStatus.Done
                && !rune.IsAscii
                && IsReadable(rune))
            {
                decoded.Append(rune.ToString());
                position += 3 * used;
            }
            else
            {
                decoded.Append(text[position++]);
            }
        }

        return decoded.ToString();
    }

    /// <summary>Reads the encoded bytes at the beginning of a text, at most one character.</summary>
    private static int ReadBytes(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        var count = 0;
        while (count < bytes.Length
            && text.Length >= 3 * (count + 1)
            && text[3 * count] == '%'
            && byte.TryParse(
                text.Slice((3 * count) + 1, 2), NumberStyles.AllowHexSpecifier, null, out bytes[count]))
        {
            count++;
        }

        return count;
    }

    private static bool IsReadable(Rune rune) => Rune.IsLetterOrDigit(rune)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.SpacingCombiningMark;
}
