using System.Diagnostics.CodeAnalysis;
using Terse.Domains;
using Terse.Web;

namespace Terse.Links;

/// <summary>
/// The link that a request names: the code is in the path, and the domain in the query parameter
/// <c>domain</c>. Without the parameter, the request's host picks the domain.
/// </summary>
/// <param name="Name">The name of the link, whether the link exists or not.</param>
/// <param name="DomainName">The display name of the domain.</param>
/// <param name="Host">The host, with its port, that the request was sent to.</param>
internal sealed record RequestedLink(LinkName Name, string DomainName, string Host)
{
    /// <param name="code">The code in the path.</param>
    /// <param name="domain">The parameter <c>domain</c>; null if the request has none.</param>
    /// <param name="domains">The domains of this installation.</param>
    /// <param name="context">The request.</param>
    /// <param name="link">The name of the requested link.</param>
    /// <param name="problem">The answer if the domain is unknown.</param>
    public static bool TryRead(
        string code,
        string? domain,
        DomainMap domains,
        HttpContext context,
        [NotNullWhen(true)] out RequestedLink? link,
        [NotNullWhen(false)] out Problem? problem)
    {
        var host = RequestHost.Of(context);
        link = domains.TryPick(domain, host, out var picked)
            ? new RequestedLink(new(picked, code), domains.DisplayNameOf(picked, host), host)
            : null;
        problem = link is null ? LinkProblems.UnknownDomain(domain) : null;
        return link is not null;
    }
}
