using Terse.Domains;
using Terse.Links;
using Terse.Visits;

namespace Terse.Redirects;

/// <summary>Finds the redirects that a domain has for requests that no link answers.</summary>
internal sealed class DomainRedirects(DomainMap domains, BlockMap blocks)
{
    /// <summary>
    /// Returns the <c>Location</c> header of the response to a request that cannot be followed; null if the
    /// answer is an error.
    /// </summary>
    /// <param name="domain">The stored name of the domain.</param>
    /// <param name="outcome">Why the request cannot be followed.</param>
    /// <param name="link">The link; null if there is none, or if it is switched off.</param>
    public string? Find(string domain, RedirectOutcome outcome, CachedLink? link) => outcome switch
    {
        RedirectOutcome.Expired => link!.ExpiredLocation
            ?? LocationOf(domains.SettingsOf(domain).ExpiredRedirect),
        RedirectOutcome.Unknown or RedirectOutcome.Disabled =>
            LocationOf(domains.SettingsOf(domain).NotFoundRedirect),
        _ => null,
    };

    /// <summary>Whether the host of a request belongs to a domain at this moment.</summary>
    public bool IsDomainOf(HttpContext context, string domain) =>
        domains.DomainOfHost(RequestHost.Sent(context)) == domain;

    /// <summary>Returns the <c>Location</c> header of a URL; null if its host is blocked.</summary>
    public string? LocationOf(string? target) =>
        target is null || blocks.Current.IsBlocked(target) ? null : TargetAscii.Of(target);
}
