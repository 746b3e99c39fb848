using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Runtime.InteropServices;
using Terse.Domains;

namespace Terse.Links;

/// <summary>
/// A host, or a pattern of hosts, in canonical spelling: all spellings of a host become the same text, the
/// host that a browser finds (<see cref="HostName"/>). A pattern begins with its only star, which stands for
/// any text: <c>*.example</c> and <c>*-login.example</c> mean all hosts that end with the text after the
/// star. There is no other pattern, so that a host is matched in a bounded time, however many patterns exist.
/// </summary>
/// <param name="Host">The host, or a star and the end of hosts.</param>
/// <param name="IncludesSubdomains">
/// Whether all subdomains of the host are meant, too. Never true for a pattern or an IP address.
/// </param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct BlockedHost(string Host, bool IncludesSubdomains)
{
    /// <summary>The maximum length of a host (RFC 1035, section 2.3.4).</summary>
    public const int MaxLength = 255;

    /// <summary>The characters of hosts in canonical spelling, apart from IPv6 addresses.</summary>
    private static readonly SearchValues<char> Canonical =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");

    private static readonly SearchValues<char> Ascii =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    public bool IsPattern => Host[0] == '*';

    /// <summary>
    /// Parses a host, a pattern, or a host after a dot, which means the host with all its subdomains.
    /// </summary>
    /// <param name="text">The text of an operator.</param>
    /// <param name="host">The host or the pattern.</param>
    /// <param name="reason">
    /// Why the text is refused, as the end of a sentence that begins with the text; null if it is valid.
    /// </param>
    public static bool TryParse(
        string? text, out BlockedHost host, [NotNullWhen(false)] out string? reason)
    {
        host = default;
        reason = null;
        if (text?.Length is null or 0 or > MaxLength)
            reason = $"must be a host of 1 to {MaxLength} characters, such as 'evil.example'";
        else if (text[0] == '*')
            reason = ReadPattern(text[1..], out host);
        else if (text[0] == '.')
            reason = ReadHost(text[1..], includesSubdomains: true, out host);
        else
            reason = ReadHost(text, includesSubdomains: false, out host);
        return reason is null;
    }

    /// <summary>
    /// Whether a host in a URL is in canonical spelling already, so that it needs no conversion.
    /// </summary>
    public static bool IsCanonical(ReadOnlySpan<char> host) =>
        host.Length is > 0 and <= MaxLength
        && !host.ContainsAnyExcept(Canonical)
        && host[0] != '.'
        && host[^1] != '.'
        && !HostName.EndsInNumber(host);

    /// <summary>
    /// Converts an IPv4-mapped IPv6 address to the IPv4 address, because both address the same host.
    /// </summary>
    public static string Unmap(string host) =>
        host[0] == '[' && IPAddress.TryParse(host, out var ip) && ip.IsIPv4MappedToIPv6
            ? ip.MapToIPv4().ToString()
            : host;

    private static string? ReadHost(string text, bool includesSubdomains, out BlockedHost host)
    {
        host = default;
        if (Canonicalize(text) is not { } canonical)
        {
            return "must be a host such as 'evil.example', without a scheme, a port or a path; a pattern "
                + "such as '*.example' begins with its only star";
        }

        if (includesSubdomains && IsAddress(canonical))
            return "is an IP address, which has no subdomains";
        host = new(canonical, includesSubdomains);
        return null;
    }

    private static string? ReadPattern(string end, out BlockedHost host)
    {
        host = default;
        var dot = end.IndexOf('.', StringComparison.Ordinal);
        var part = dot < 0 ? end : end[..dot];
        if (dot < 0 || part.AsSpan().ContainsAnyExcept(Ascii))
        {
            return "must have ASCII letters, digits and hyphens, or nothing, between the star and the first "
                + "dot, such as '*-login.example' or '*.example'";
        }

        if (Canonicalize(end[(dot + 1)..]) is not { } rest || IsAddress(rest))
            return "must end with a host name, such as '*.example'";
        host = new($"*{part.ToLowerInvariant()}.{rest}", IncludesSubdomains: false);
        return null;
    }

    private static string? Canonicalize(string text) =>
        IsCanonical(text) && !text.Contains("xn--", StringComparison.Ordinal)
            && !text.Contains("..", StringComparison.Ordinal) ? text
        : !text.Contains('@', StringComparison.Ordinal)
            && Authority.TryParse(text, out var authority)
            && authority.Port is null
            && !authority.Host.Contains('*', StringComparison.Ordinal) ? Unmap(authority.Host)
        : null;

    private static bool IsAddress(string host) => host[0] == '[' || HostName.EndsInNumber(host);
}
