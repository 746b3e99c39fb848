using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Terse.Domains;

namespace Terse.Links;

/// <summary>
/// The URL that a link leads to. The URL is stored exactly as the client sent it. The <c>Location</c> header
/// of a redirect contains the ASCII form of the URL (<see cref="TargetAscii"/>).
/// </summary>
/// <param name="Text">The URL as the client sent it.</param>
/// <param name="Scheme">The scheme in lower case.</param>
/// <param name="Authority">
/// The host and the port. Never null if the scheme is special (<see cref="IsSpecial"/>); null if a URL of
/// another scheme has no host, such as <c>mailto:</c>, or a host that is not a host name.
/// </param>
internal sealed record Target(string Text, string Scheme, Authority? Authority)
{
    /// <summary>
    /// The maximum size of a target in bytes, both in UTF-8 and in the ASCII form. Many proxies and clients
    /// refuse a longer <c>Location</c> header.
    /// </summary>
    public const int MaxBytes = 8192;

    private const string Field = "target";

    public static readonly Refusal Missing =
        new(RefusalKind.TargetMissing, Field, "The target is missing; send the URL to shorten.");

    public static bool TryParse(
        string? text,
        LinkOptions options,
        [NotNullWhen(true)] out Target? target,
        [NotNullWhen(false)] out Refusal? refusal)
    {
        target = null;
        refusal = CheckText(text) ?? CheckScheme(text!, options, out var scheme)
            ?? CheckAuthority(text!, scheme!, options, out target) ?? CheckAscii(text!);
        return refusal is null;
    }

    /// <summary>
    /// Finds the host and the port of a stored target. Returns null if the target has no host.
    /// </summary>
    public static Authority? AuthorityOf(string text)
    {
        var (start, end) = FindAuthority(text);
        return Authority.TryParse(text.AsSpan(start..end), out var authority) ? authority : null;
    }

    private static Refusal? CheckText(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return Missing;
        if (text.Length > MaxBytes || Encoding.UTF8.GetByteCount(text) > MaxBytes)
            return TooLong($"The target is too long; it can have at most {MaxBytes} bytes in UTF-8.");

        var control = text.AsSpan().IndexOfAny(ControlCharacters);
        if (control >= 0)
        {
            return Invalid(
                $"Character {control + 1} is a control character (U+{(int)text[control]:X4}); remove it.");
        }

        if (text[0] == ' ' || text[^1] == ' ')
            return Invalid("The target begins or ends with a space; remove it.");
        return null;
    }

    private static Refusal? CheckScheme(string text, LinkOptions options, out string? scheme)
    {
        scheme = null;
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || !Uri.CheckSchemeName(text[..colon]))
            return Invalid("The target must be an absolute URL, such as https://example.com/page.");

        scheme = text[..colon].ToLowerInvariant();
        return scheme is "http" or "https"
            || options.OtherSchemes.Contains(scheme, StringComparer.OrdinalIgnoreCase)
            ? null
            : new(
                RefusalKind.TargetScheme,
                Field,
                $"Targets with the scheme '{scheme}:' are not allowed; use http or https.");
    }

    private static Refusal? CheckAuthority(
        string text, string scheme, LinkOptions options, out Target? target)
    {
        target = null;
        var isSpecial = IsSpecial(scheme);
        var (start, end) = FindAuthority(text);
        if (start == end && isSpecial)
            return Invalid($"The target needs a host after '{scheme}://'.");

        var part = text.AsSpan(start..end);
        if (part.Contains('@') && !options.AllowCredentials)
        {
            return new(
                RefusalKind.TargetCredentials,
                Field,
                "The target contains a user name or a password; remove it.");
        }

        if (!Authority.TryParse(part, out var authority) && isSpecial)
        {
            return Invalid(Ascii.IsValid(part)
                ? $"'{part}' is not a valid host for a browser; correct it."
                : $"The host '{part}' cannot be converted to ASCII; send it in Punycode (xn--…).");
        }

        target = new Target(text, scheme, authority);
        return null;
    }

    private static Refusal? CheckAscii(string text) => TargetAscii.Of(text).Length is > MaxBytes and var bytes
        ? TooLong(
            $"The target is too long: it has {bytes} bytes when characters outside ASCII, spaces and other "
            + $"characters that a header cannot contain are percent-encoded; at most {MaxBytes} are allowed.")
        : null;

    /// <summary>
    /// Finds where the authority (user, host and port) starts and ends in the text. As in browsers, not only
    /// a slash but also a backslash ends the authority if the scheme is special. The range is empty if the
    /// scheme is not followed by <c>://</c>.
    /// </summary>
    public static (int Start, int End) FindAuthority(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || !text.AsSpan(colon).StartsWith("://"))
            return (0, 0);
        var start = colon + 3;
        var length = text.AsSpan(start).IndexOfAny(IsSpecial(text.AsSpan(..colon)) ? @"/\?#" : "/?#");
        return (start, length < 0 ? text.Length : start + length);
    }

    /// <summary>
    /// Whether the scheme is special (URL Standard, https://url.spec.whatwg.org/#special-scheme): browsers
    /// require a host and parse it as in http. No target has the special scheme <c>file</c>
    /// (<see cref="LinkOptions.OtherSchemes"/>).
    /// </summary>
    /// <param name="scheme">The scheme in upper or lower case.</param>
    public static bool IsSpecial(ReadOnlySpan<char> scheme) =>
        scheme.Equals("https", StringComparison.OrdinalIgnoreCase)
        || scheme.Equals("http", StringComparison.OrdinalIgnoreCase)
        || scheme.Equals("ftp", StringComparison.OrdinalIgnoreCase)
        || scheme.Equals("wss", StringComparison.OrdinalIgnoreCase)
        || scheme.Equals("ws", StringComparison.OrdinalIgnoreCase);

    private static Refusal TooLong(string detail) => new(RefusalKind.TargetTooLong, Field, detail);

    private static Refusal Invalid(string detail) => new(RefusalKind.TargetInvalid, Field, detail);

    private static readonly SearchValues<char> ControlCharacters = SearchValues.Create(
        [.. Enumerable.Range(0, 0xA0).Select(value => (char)value).Where(char.IsControl)]);
}
