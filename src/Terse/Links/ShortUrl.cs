using System.Text;
using Terse.Domains;

namespace Terse.Links;

/// <summary>Writes the short URL of a link.</summary>
internal static class ShortUrl
{
    /// <param name="name">The name of the link.</param>
    /// <param name="domains">Finds the domain's name as clients see it.</param>
    /// <param name="origin">
    /// Where the client reached this server. Its prefix applies to links of the domain that it was sent to.
    /// </param>
    /// <returns>
    /// The short URL in ASCII: other characters of the code are percent-encoded. Slashes are not encoded.
    /// </returns>
    public static string Of(LinkName name, DomainMap domains, RequestOrigin origin)
    {
        var code = Ascii.IsValid(name.Code)
            ? name.Code
            : string.Join('/', name.Code.Split('/').Select(Uri.EscapeDataString));
        var prefix = origin.Prefix.Length > 0 && name.Domain == domains.DomainOfHost(origin.Host)
            ? origin.Prefix
            : "";
        return $"{domains.Scheme ?? origin.Scheme}://"
            + $"{domains.DisplayNameOf(name.Domain, origin.Host)}{prefix}/{code}";
    }
}
