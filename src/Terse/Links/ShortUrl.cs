using System.Text;
using Terse.Domains;

namespace Terse.Links;

/// <summary>Writes the short URL of a link.</summary>
internal static class ShortUrl
{
    /// <param name="name">The name of the link.</param>
    /// <param name="domains">Finds the domain's name as clients see it.</param>
    /// <param name="host">The host, with its port, that the request was sent to.</param>
    /// <param name="scheme">The scheme of the request, <c>http</c> or <c>https</c>.</param>
    /// <returns>
    /// The short URL in ASCII: other characters of the code are percent-encoded. Slashes are not encoded.
    /// </returns>
    public static string Of(LinkName name, DomainMap domains, string host, string scheme)
    {
        var code = Ascii.IsValid(name.Code)
            ? name.Code
            : string.Join('/', name.Code.Split('/').Select(Uri.EscapeDataString));
        return $"{domains.Scheme ?? scheme}://{domains.DisplayNameOf(name.Domain, host)}/{code}";
    }
}
