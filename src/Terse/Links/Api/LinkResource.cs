using System.Text.Json.Serialization;
using Terse.Domains;

namespace Terse.Links;

/// <summary>
/// A link as the API shows it. The id is a string, because JavaScript numbers have only 53 bits.
/// </summary>
internal sealed record LinkResource(
    string Id,
    string Domain,
    string Code,
    string ShortUrl,
    string Target,
    DateTime CreatedAt,
    DateTime? ExpiresAt,
    long? MaxVisits)
{
    /// <summary>The number of visits; absent while the visits cannot be read.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public LinkVisits? Visits { get; init; }

    /// <param name="link">The link.</param>
    /// <param name="domains">Knows the domain's display name.</param>
    /// <param name="host">The host that the request was sent to.</param>
    /// <param name="scheme">The scheme of the request.</param>
    public static LinkResource Of(Link link, DomainMap domains, string host, string scheme)
    {
        var domain = domains.DisplayNameOf(link.Domain, host);
        return new(
            link.Id.ToString("D"),
            domain,
            link.Code,
            $"{domains.Scheme ?? scheme}://{domain}/{link.Code}",
            link.Target,
            link.CreatedAt.UtcDateTime,
            link.ExpiresAt?.UtcDateTime,
            link.MaxVisits);
    }
}

/// <param name="Total">All visits since the creation.</param>
/// <param name="Bots">The visits of bots, which Total includes.</param>
internal sealed record LinkVisits(long Total, long Bots);
