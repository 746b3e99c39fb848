using System.Text.Json.Serialization;
using Terse.Domains;

namespace Terse.Links;

/// <summary>
/// A link as the API shows it. The id is a string, because a JavaScript number is exact only up to 53 bits.
/// </summary>
/// <param name="Id">The id of the link, which never changes.</param>
/// <param name="Domain">The domain, with its port if it has one.</param>
/// <param name="Code">The code, which follows the slash in the short URL.</param>
/// <param name="ShortUrl">The short URL.</param>
/// <param name="Target">The URL that the link leads to, exactly as it was sent.</param>
/// <param name="CreatedAt">When the link was created, in UTC.</param>
/// <param name="ExpiresAt">When the link expires, in UTC; null if never.</param>
/// <param name="MaxVisits">How many visits of people the link allows; null for any number.</param>
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
    /// <summary>The earlier codes, under which the link is still found.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>A name of the link for people; null if it has none.</summary>
    public string? Title { get; init; }

    /// <summary>A remark for the people who manage the link; null if there is none.</summary>
    public string? Note { get; init; }

    /// <summary>The tags.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Whether the link works; if not, requests are answered with 404.</summary>
    public bool Enabled { get; init; }

    /// <summary>When the link begins to work, in UTC; null if at once.</summary>
    public DateTime? ValidFrom { get; init; }

    /// <summary>The URL that the expired link leads to; null if the answer is 410.</summary>
    public string? ExpiredTarget { get; init; }

    /// <summary>The status of the redirect: 301, 302, 307 or 308.</summary>
    public int RedirectStatus { get; init; }

    /// <summary>
    /// How the query string of a request becomes a part of the redirect: <c>off</c>, <c>append</c> or
    /// <c>merge</c>.
    /// </summary>
    public required string ForwardQuery { get; init; }

    /// <summary>Whether the path after the code is appended to the target.</summary>
    public bool ForwardPath { get; init; }

    /// <summary>Whether the visits of the link become events.</summary>
    public bool VisitEvents { get; init; }

    /// <summary>The rules, of which the first that matches a visitor decides the target.</summary>
    public IReadOnlyList<LinkRule> Rules { get; init; } = [];

    /// <summary>Whether visitors need a password. The API never returns the password.</summary>
    public bool HasPassword { get; init; }

    /// <summary>The id of the key that created the link; absent for a link without one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? CreatedBy { get; init; }

    /// <summary>The state of the link, only in a list: <c>active</c>, <c>scheduled</c> and so on.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? State { get; init; }

    /// <summary>
    /// The number of visits. Null in the response to a change, and if the visits cannot be read. In both
    /// cases, the JSON does not contain this field.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public LinkVisits? Visits { get; init; }

    /// <param name="link">The stored link.</param>
    /// <param name="domains">Finds the domain's name as clients see it.</param>
    /// <param name="origin">Where the client reached this server.</param>
    public static LinkResource Of(Link link, DomainMap domains, RequestOrigin origin)
    {
        var domain = domains.DisplayNameOf(link.Domain, origin.Host);
        var code = LinkCodes.Current(link);
        return new(
            link.Id.ToString("D"),
            domain,
            code,
            Terse.Links.ShortUrl.Of(new(link.Domain, code), domains, origin),
            link.Target,
            link.CreatedAt.UtcDateTime,
            link.ExpiresAt?.UtcDateTime,
            link.MaxVisits)
        {
            Aliases = LinkCodes.Aliases(link),
            Title = link.Settings.Title,
            Note = link.Settings.Note,
            Tags = link.Settings.Tags ?? [],
            Enabled = !link.Settings.IsDisabled,
            ValidFrom = link.Settings.ValidFrom?.UtcDateTime,
            ExpiredTarget = link.Settings.ExpiredTarget,
            RedirectStatus = link.Settings.RedirectStatus ?? StatusCodes.Status302Found,
            ForwardQuery = link.Settings.ForwardQuery switch
            {
                QueryForwarding.Append => "append",
                QueryForwarding.Merge => "merge",
                _ => "off",
            },
            ForwardPath = link.Settings.ForwardPath,
            VisitEvents = link.Settings.VisitEvents,
            Rules = link.Settings.Rules ?? [],
            HasPassword = link.Settings.Password is not null,
            CreatedBy = link.Settings.CreatedBy,
        };
    }
}

/// <summary>How often a link was visited.</summary>
/// <param name="Total">The number of all visits since the link was created.</param>
/// <param name="Bots">The number of visits by bots. <c>Total</c> includes these visits.</param>
internal sealed record LinkVisits(long Total, long Bots);
