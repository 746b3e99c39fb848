using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Terse.Domains;

/// <summary>
/// A host and an optional port in canonical spelling. Two spellings of the same host and port give equal
/// authorities.
/// </summary>
/// <param name="Host">The host in ASCII and lower case, without the dot of the DNS root at the end.</param>
/// <param name="Port">The port, 0 to 65535; null if the text contains no port.</param>
internal sealed record Authority(string Host, int? Port)
{
    /// <summary>Parses <c>host</c>, <c>host:port</c> or <c>user@host:port</c>, and drops the user.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out Authority? authority)
    {
        authority = null;
        var (hostText, portText) = Split(text);
        int? port = null;
        if (!portText.IsEmpty)
        {
            if (!TryParsePort(portText, out var number))
                return false;
            port = number;
        }

        if (!HostName.TryCanonicalize(hostText, out var host))
            return false;
        authority = new Authority(host, port);
        return true;
    }

    public static bool TryParsePort(ReadOnlySpan<char> text, out ushort port) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port);

    /// <summary>
    /// Whether both authorities lead to the same server. All names and addresses of the local machine, such
    /// as <c>localhost</c> and <c>127.0.0.1</c>, count as the same host.
    /// </summary>
    public bool IsSameServer(Authority other, string scheme)
    {
        var standard = scheme is "https" or "wss" ? 443 : 80;
        return (Port ?? standard) == (other.Port ?? standard)
            && (Host == other.Host || (HostName.IsThisMachine(Host) && HostName.IsThisMachine(other.Host)));
    }

    public override string ToString() => Port is null ? Host : $"{Host}:{Port}";

    /// <summary>
    /// Splits the authority of a URL (<c>user:password@host:port</c>) into host and port. Keeps their
    /// spelling, and drops the user and the password.
    /// </summary>
    public static AuthorityParts Split(ReadOnlySpan<char> text)
    {
        text = text[(text.LastIndexOf('@') + 1)..];
        var colon = text.LastIndexOf(':');
        return colon > text.LastIndexOf(']') ? new(text[..colon], text[(colon + 1)..]) : new(text, []);
    }
}

internal readonly ref struct AuthorityParts(ReadOnlySpan<char> host, ReadOnlySpan<char> port)
{
    public ReadOnlySpan<char> Host { get; } = host;

    public ReadOnlySpan<char> Port { get; } = port;

    public void Deconstruct(out ReadOnlySpan<char> host, out ReadOnlySpan<char> port)
    {
        host = Host;
        port = Port;
    }
}
