using System.Diagnostics.CodeAnalysis;
using Terse.Access;
using Terse.Domains;
using Terse.Web;

namespace Terse.Links;

/// <summary>
/// The link that a request names. The path contains the code, and the query parameter <c>domain</c> contains
/// the domain. Without this parameter, the request's host selects the domain.
/// </summary>
/// <param name="Name">The name of the requested link; a link with this name need not exist.</param>
/// <param name="DomainName">The domain's name as clients see it.</param>
/// <param name="Origin">Where the client reached this server.</param>
internal sealed record RequestedLink(LinkName Name, string DomainName, RequestOrigin Origin)
{
    /// <param name="code">
    /// The code in the path. The server decodes the path, except <c>%2F</c>, which this method decodes. No
    /// code contains a percent sign.
    /// </param>
    /// <param name="domain">
    /// The query parameter <c>domain</c>; null if the request does not contain the parameter.
    /// </param>
    /// <param name="domains">The domains of this installation.</param>
    /// <param name="context">The request.</param>
    /// <param name="link">The requested link; null if the domain is unknown.</param>
    /// <param name="problem">The error response if the domain is unknown; else null.</param>
    public static bool TryRead(
        string code,
        string? domain,
        DomainMap domains,
        HttpContext context,
        [NotNullWhen(true)] out RequestedLink? link,
        [NotNullWhen(false)] out Problem? problem)
    {
        var origin = RequestOrigin.Of(context);
        code = code.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        var caller = Caller.Of(context);
        link = domains.TryPick(domain, origin.Host, out var picked) && caller.Scope.HasDomain(picked)
            ? new RequestedLink(new(picked, code), domains.DisplayNameOf(picked, origin.Host), origin)
            : null;
        problem = link is null ? RefuseDomain(domain ?? origin.Host, caller) : null;
        return link is not null;
    }

    /// <summary>
    /// Refuses a domain that does not exist for the caller. A caller that is limited to domains does not
    /// learn which others exist.
    /// </summary>
    public static Problem RefuseDomain(string? domain, Caller caller) => caller.Scope.Domains.Count > 0
        ? LinkProblems.NotFound(Refusal.Shorten(domain))
        : LinkProblems.UnknownDomain(domain);
}
