using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Terse.Domains;

/// <summary>
/// Converts host names to their canonical spelling. The rules are those of browsers (URL Standard,
/// https://url.spec.whatwg.org/#host-parsing), because Terse must know which host a browser would connect to.
/// Percent encoding is decoded, names outside ASCII become Punycode, and every spelling of an IP address
/// becomes the usual spelling.
/// </summary>
internal static class HostName
{
    private static readonly IdnMapping Idn = new();

    /// <summary>
    /// The forbidden domain code points of the URL Standard, except control characters.
    /// <see cref="TryCanonicalize"/> checks control characters separately.
    /// </summary>
    private static readonly SearchValues<char> Forbidden = SearchValues.Create(" #/:<>?@[\\]^|%");

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    private static readonly SearchValues<char> DotsOfOtherScripts = SearchValues.Create("\u3002\uff0e\uff61");

    /// <summary>Converts a host to its canonical ASCII spelling.</summary>
    /// <param name="text">The host as it stands in a URL, without the user and the port.</param>
    /// <param name="host">The canonical host in lower case; an IPv6 address is in brackets.</param>
    /// <returns>False if a browser would not accept the text as a host.</returns>
    public static bool TryCanonicalize(ReadOnlySpan<char> text, [NotNullWhen(true)] out string? host)
    {
        host = null;
        if (text is ['[', .. var address, ']'])
            return TryCanonicalizeIPv6(address, out host);

        var name = text.Contains('%') ? Uri.UnescapeDataString(text) : text.ToString();
        if (!System.Text.Ascii.IsValid(name) && !TryMapToAscii(name, out name))
            return false;
        name = name.ToLowerInvariant();
        if (name.Length == 0 || name.AsSpan().ContainsAny(Forbidden) || name.Any(char.IsControl))
            return false;
        if (EndsInNumber(name))
            return TryCanonicalizeIPv4(name, out host);
        name = name[^1] == '.' ? name[..^1] : name;
        host = name.Split('.').All(IsLabel) ? name : null;
        return host is not null;
    }

    private static bool IsLabel(string label)
    {
        if (!label.StartsWith("xn--", StringComparison.Ordinal))
            return label.Length > 0;
        try
        {
            return Idn.GetUnicode(label) != label;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>
    /// Whether a canonical host always means the local machine: <c>localhost</c>, a subdomain of
    /// <c>localhost</c>, a loopback address or an unspecified address such as <c>0.0.0.0</c>.
    /// </summary>
    public static bool IsThisMachine(string host)
    {
        if (host == "localhost" || host.EndsWith(".localhost", StringComparison.Ordinal))
            return true;
        if (!IPAddress.TryParse(host, out var ip))
            return false;
        ip = ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip;
        return IPAddress.IsLoopback(ip) || ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any);
    }

    /// <summary>
    /// Converts a name to Punycode. Terse runs without the ICU library, so .NET does not apply the
    /// compatibility mapping of UTS 46. This method therefore refuses each name that needs the mapping,
    /// because the Punycode of the unmapped name would name a different host.
    /// </summary>
    private static bool TryMapToAscii(string name, [NotNullWhen(true)] out string? ascii)
    {
        ascii = null;
        Span<char> mapped = stackalloc char[name.Length <= 255 ? name.Length : 0];
        if (mapped.IsEmpty)
            return false;
        name.AsSpan().CopyTo(mapped);
        mapped.ReplaceAny(DotsOfOtherScripts, '.');
        if (HostMapping.IsNeeded(mapped))
            return false;

        try
        {
            ascii = Idn.GetAscii(mapped.ToString().ToLowerInvariant());
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>
    /// Whether a host is an IPv4 address, in any spelling, according to its last label (URL Standard,
    /// https://url.spec.whatwg.org/#ends-in-a-number-checker).
    /// </summary>
    public static bool EndsInNumber(ReadOnlySpan<char> name)
    {
        var last = name.TrimEnd('.');
        last = last[(last.LastIndexOf('.') + 1)..];
        return !last.IsEmpty
            && (!last.ContainsAnyExceptInRange('0', '9')
                || (last.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
                    && !last[2..].ContainsAnyExcept(HexDigits)));
    }

    private static bool TryCanonicalizeIPv4(string name, [NotNullWhen(true)] out string? host)
    {
        var parsed = IPAddress.TryParse(name.TrimEnd('.'), out var ip)
            && ip.AddressFamily == AddressFamily.InterNetwork;
        host = parsed ? ip!.ToString() : null;
        return parsed;
    }

    private static bool TryCanonicalizeIPv6(ReadOnlySpan<char> address, [NotNullWhen(true)] out string? host)
    {
        var parsed = IPAddress.TryParse(address, out var ip)
            && ip.AddressFamily == AddressFamily.InterNetworkV6
            && !address.Contains('%');
        host = parsed ? $"[{ip}]" : null;
        return parsed;
    }
}
