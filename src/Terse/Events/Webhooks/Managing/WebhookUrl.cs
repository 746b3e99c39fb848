using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Terse.Events;

/// <summary>
/// Checks the URL of a webhook. Whether its addresses may be connected to is checked at each request, because
/// names can get other addresses.
/// </summary>
internal static class WebhookUrl
{
    /// <summary>The maximum size in UTF-8.</summary>
    public const int MaxBytes = 8_192;

    private const string SchemeEnd = "://";

    /// <returns>Why the URL is refused; null if it is valid.</returns>
    public static string? WhyRefused([NotNull] string? text)
    {
        text ??= "";
        if (text.Length == 0)
            return "A webhook needs the URL to which events are sent.";
        if (text.Length > MaxBytes || Encoding.UTF8.GetByteCount(text) > MaxBytes)
            return $"'url' can have at most {MaxBytes} bytes in UTF-8.";
        if (text.Any(character => char.IsControl(character) || char.IsWhiteSpace(character))
            || text.Contains('\\', StringComparison.Ordinal)
            || !Uri.TryCreate(text, UriKind.Absolute, out var url)
            || (url.Scheme != Uri.UriSchemeHttps && url.Scheme != Uri.UriSchemeHttp)
            || url.Host.Length == 0
            || !text.Contains(SchemeEnd, StringComparison.Ordinal))
        {
            return "'url' must be an absolute URL that begins with 'https://' or 'http://', encoded where "
                + "needed.";
        }

        if (text.Contains('#', StringComparison.Ordinal))
            return "'url' must have no fragment: a fragment is never sent.";
        return HasCredentials(text)
            ? "'url' must have no user name and password; the receiver verifies the signature instead."
            : null;
    }

    private static bool HasCredentials(string text)
    {
        var rest = text.AsSpan(text.IndexOf(SchemeEnd, StringComparison.Ordinal) + SchemeEnd.Length);
        var end = rest.IndexOfAny('/', '?');
        return (end < 0 ? rest : rest[..end]).Contains('@');
    }
}
