using System.Diagnostics.CodeAnalysis;

namespace Terse.Domains;

/// <summary>Checks the names that the settings and the API give to domains.</summary>
internal static class DomainName
{
    /// <summary>The segment by which the paths of the API name the default domain.</summary>
    public const string DefaultSegment = "default";

    /// <summary>The maximum length of a host name (RFC 1035, section 2.3.4).</summary>
    private const int MaxLength = 255;

    /// <param name="text">The name: a host, with a port if the port is not the usual one.</param>
    /// <param name="host">The host and the port in canonical spelling; null if the name is refused.</param>
    /// <param name="reason">
    /// Why the name is refused, as the end of a sentence that begins with the name of the field; null if it
    /// is valid.
    /// </param>
    public static bool TryParse(
        string? text, [NotNullWhen(true)] out Authority? host, [NotNullWhen(false)] out string? reason)
    {
        host = null;
        reason = null;
        if (text is null
            || text.Length > MaxLength
            || text.Contains('@', StringComparison.Ordinal)
            || !Authority.TryParse(text, out host)
            || host.Host.Contains('*', StringComparison.Ordinal)
            || host.Host == DefaultSegment)
        {
            reason = "must be a host such as 'go.example.com' or 'localhost:8080'";
        }
        else if (host.Port is 0 or 80 or 443)
        {
            reason = "must not have the port 0, 80 or 443, because browsers do not send a usual port";
        }

        return reason is null;
    }
}
