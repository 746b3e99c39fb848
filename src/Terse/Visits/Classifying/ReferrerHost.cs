using System.Buffers;
using Terse.Domains;

namespace Terse.Visits;

/// <summary>
/// Reads the host name from the <c>Referer</c> header. The rest of the header is never stored.
/// </summary>
internal static class ReferrerHost
{
    /// <summary>The maximum length of a host name in characters (RFC 1035, section 2.3.4).</summary>
    private const int MaxLength = 253;

    private static readonly SearchValues<char> AfterAuthority = SearchValues.Create("/?#\\");

    /// <summary>
    /// Finds the host in a <c>Referer</c> header, without the user and the port. The host stays as the client
    /// sent it.
    /// </summary>
    /// <returns>The host; empty if the header contains no host.</returns>
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

    /// <summary>
    /// Returns the canonical host name in lower case; empty if the text is not a host name.
    /// </summary>
    public static string Canonicalize(string host) =>
        host.Length <= MaxLength && HostName.TryCanonicalize(host, out var canonical) ? canonical : "";
}
