using System.Buffers;
using Terse.Domains;

namespace Terse.Visits;

/// <summary>
/// Reads the host of the <c>Referer</c> header. The rest of the header is never stored.
/// </summary>
internal static class ReferrerHost
{
    /// <summary>The maximum length of a host name (RFC 1035, section 2.3.4).</summary>
    private const int MaxLength = 253;

    private static readonly SearchValues<char> AfterAuthority = SearchValues.Create("/?#\\");

    /// <summary>The host in a <c>Referer</c> header, as sent, without user and port.</summary>
    /// <returns>Empty if the header has no host.</returns>
    public static ReadOnlySpan<char> Find(ReadOnlySpan<char> referrer)
    {
        var start = referrer.IndexOf("://");
        if (start < 0)
            return [];
        var authority = referrer[(start + 3)..];
        var end = authority.IndexOfAny(AfterAuthority);
        authority = end < 0 ? authority : authority[..end];
        authority = authority[(authority.LastIndexOf('@') + 1)..];
        if (authority is ['[', ..])
            return authority[..(authority.IndexOf(']') + 1)];
        var port = authority.IndexOf(':');
        return port < 0 ? authority : authority[..port];
    }

    /// <summary>The canonical host name in lower case; empty if the text is not a host name.</summary>
    public static string Canonicalize(string host) =>
        host.Length <= MaxLength && HostName.TryCanonicalize(host, out var canonical) ? canonical : "";
}
