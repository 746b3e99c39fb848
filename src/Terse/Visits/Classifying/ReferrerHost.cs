using System.Buffers;
using Terse.Domains;

namespace Terse.Visits;

/// <summary>
/// From which site a visitor came. Of the <c>Referer</c> header the host is kept, and no more.
/// </summary>
internal static class ReferrerHost
{
    /// <summary>The longest name that a host can have (RFC 1035, section 2.3.4).</summary>
    private const int MaxLength = 253;

    private static readonly SearchValues<char> AfterAuthority = SearchValues.Create("/?#\\");

    /// <summary>Where in a <c>Referer</c> its host stands, as it was sent, without user and port.</summary>
    /// <returns>Empty where there is none.</returns>
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

    /// <summary>The one spelling of a host, in lower case; empty for what is none.</summary>
    public static string Canonicalize(string host) =>
        host.Length <= MaxLength && HostName.TryCanonicalize(host, out var canonical) ? canonical : "";
}
