using Terse.Domains;

namespace Terse.Links;

/// <summary>A domain, as the API shows it.</summary>
/// <param name="Name">
/// The host of the domain, and its port if needed. The default domain without a host has the host of the
/// request.
/// </param>
/// <param name="IsDefault">Whether requests to unknown hosts belong to this domain.</param>
/// <param name="State">
/// <c>active</c>, or <c>pending</c> until all servers know the domain. A pending domain takes no links.
/// </param>
/// <param name="Url">The path of the domain in the API.</param>
/// <param name="HomeRedirect">The URL to which <c>/</c> redirects; null for the page of Terse.</param>
/// <param name="NotFoundRedirect">The URL to which unknown codes redirect; null for 404.</param>
/// <param name="ExpiredRedirect">The URL to which expired links redirect; null for 410.</param>
/// <param name="RobotsTxt">The text of <c>/robots.txt</c>; null for that of Terse.</param>
/// <param name="Favicon">The URL of the icon; null for that of Terse.</param>
/// <param name="CreatedAt">When the domain was added.</param>
/// <param name="Version">Each change adds 1.</param>
internal sealed record DomainResource(
    string Name,
    bool IsDefault,
    string State,
    string Url,
    string? HomeRedirect,
    string? NotFoundRedirect,
    string? ExpiredRedirect,
    string? RobotsTxt,
    string? Favicon,
    DateTimeOffset CreatedAt,
    int Version)
{
    /// <param name="domain">The domain.</param>
    /// <param name="origin">Where the client reached this server.</param>
    public static DomainResource Of(Domain domain, RequestOrigin origin)
    {
        var settings = domain.Settings;
        var path = domain.IsDefault ? DomainName.DefaultSegment : Uri.EscapeDataString(domain.Name);
        return new(
            domain.IsDefault ? settings.Host ?? origin.Host : domain.Name,
            domain.IsDefault,
            domain.IsActive ? "active" : "pending",
            $"{origin.Prefix}{DomainEndpoints.Root}/{path}",
            settings.HomeRedirect,
            settings.NotFoundRedirect,
            settings.ExpiredRedirect,
            settings.RobotsTxt,
            settings.Favicon,
            domain.CreatedAt,
            domain.Version);
    }
}

/// <summary>All domains.</summary>
/// <param name="Domains">The domains, the default domain first, then by name.</param>
internal sealed record DomainListResource(IReadOnlyList<DomainResource> Domains);
