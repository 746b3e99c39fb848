using System.Text.Json.Serialization;
using Terse.Domains;

namespace Terse.Links;

/// <summary>
/// A link as the API shows it. The id is a string, because a JavaScript number is exact only up to 53 bits.
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
    /// <summary>The earlier codes, under which the link is still found.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    public string? Title { get; init; }

    public string? Note { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public bool Enabled { get; init; }

    public DateTime? ValidFrom { get; init; }

    public string? ExpiredTarget { get; init; }

    public int RedirectStatus { get; init; }

    /// <summary><c>off</c>, <c>append</c> or <c>merge</c>.</summary>
    public required string ForwardQuery { get; init; }

    public bool ForwardPath { get; init; }

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
            Rules = link.Settings.Rules ?? [],
            HasPassword = link.Settings.Password is not null,
            CreatedBy = link.Settings.CreatedBy,
        };
    }
}

/// <param name="Total">The number of all visits since the link was created.</param>
/// <param name="Bots">The number of visits by bots. <c>Total</c> includes these visits.</param>
internal sealed record LinkVisits(long Total, long Bots);
