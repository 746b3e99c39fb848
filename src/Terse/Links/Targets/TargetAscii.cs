using System.Buffers;
using System.Text;
using Terse.Domains;

namespace Terse.Links;

/// <summary>
/// Converts a target to the ASCII form for the <c>Location</c> header. Every reader of this form, such as a
/// browser, a proxy or a library, finds the same host: the host that Terse has checked. Readers disagree
/// about backslashes before the query, about a second <c>@</c> and about unusual spellings of a host, so the
/// form contains none of these. Of the other characters, only those that RFC 3986 excludes are
/// percent-encoded.
/// </summary>
internal static class TargetAscii
{
    /// <summary>
    /// The characters that stay unchanged. A backslash is among them, because it stays unchanged in the query
    /// and in the fragment.
    /// </summary>
    private static readonly SearchValues<char> Allowed =
        SearchValues.Create([.. Visible.Except("\"<>`{}|^")]);

    /// <summary>
    /// The characters that stay unchanged in the user information of an authority. Brackets and a further
    /// <c>@</c> are encoded, because some readers take the text after the first <c>@</c>, or the text between
    /// brackets, for the host.
    /// </summary>
    private static readonly SearchValues<char> AllowedInUser =
        SearchValues.Create([.. Visible.Except("\"<>`{}|^\\@[]")]);

    /// <summary>
    /// The characters of a host that every reader understands. A percent sign is not among them, because only
    /// some readers decode it.
    /// </summary>
    private static readonly SearchValues<char> PlainInHost = SearchValues.Create(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.");

    private static IEnumerable<char> Visible =>
        Enumerable.Range('!', '~' - '!' + 1).Select(value => (char)value);

    /// <param name="text">The target as stored, of any scheme.</param>
    public static string Of(string text)
    {
        var (start, end) = Target.FindAuthority(text);
        if (start == end || !Target.IsSpecial(text.AsSpan(..(start - 3))))
            return Encode(text, Allowed);

        var query = text.AsSpan(end).IndexOfAny('?', '#');
        var pathEnd = query < 0 ? text.Length : end + query;
        if (!text.AsSpan().ContainsAnyExcept(Allowed)
            && !text.AsSpan(start..pathEnd).ContainsAny('\\', '@')
            && IsPlain(Authority.Split(text.AsSpan(start..end)).Host))
        {
            return text;
        }

        var ascii = new StringBuilder(text.Length + 16).Append(text.AsSpan(..start));
        AppendAuthority(ascii, text.AsSpan(start..end));
        ascii.Append(Encode(text[end..pathEnd].Replace('\\', '/'), Allowed));
        ascii.Append(Encode(text[pathEnd..], Allowed));
        return ascii.ToString();
    }

    private static void AppendAuthority(StringBuilder ascii, ReadOnlySpan<char> authority)
    {
        var hostStart = authority.LastIndexOf('@') + 1;
        if (hostStart > 0)
            ascii.Append(Encode(authority[..(hostStart - 1)].ToString(), AllowedInUser)).Append('@');
        var host = Authority.Split(authority).Host;
        ascii.Append(HostOf(host)).Append(authority[(hostStart + host.Length)..]);
    }

    /// <summary>
    /// Returns the host as the creator sent it if all readers find the same host in this spelling; otherwise
    /// returns the canonical spelling.
    /// </summary>
    private static string HostOf(ReadOnlySpan<char> host) =>
        !IsPlain(host) && HostName.TryCanonicalize(host, out var canonical)
            ? Encode(canonical, Allowed)
            : Encode(host.ToString(), Allowed);

    private static bool IsPlain(ReadOnlySpan<char> host) =>
        !host.ContainsAnyExcept(PlainInHost) && !HostName.EndsInNumber(host);

    private static string Encode(string text, SearchValues<char> allowed)
    {
        if (!text.AsSpan().ContainsAnyExcept(allowed))
            return text;
        var encoded = new StringBuilder(text.Length + 16);
        Span<byte> bytes = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.IsAscii && allowed.Contains((char)rune.Value))
            {
                encoded.Append((char)rune.Value);
                continue;
            }

            foreach (var value in bytes[..rune.EncodeToUtf8(bytes)])
                encoded.Append('%').Append(value.ToString("X2"));
        }

        return encoded.ToString();
    }
}
