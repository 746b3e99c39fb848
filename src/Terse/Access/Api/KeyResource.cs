using System.Text.Json.Serialization;
using Terse.Domains;

namespace Terse.Access;

/// <summary>An API key as the API shows it.</summary>
/// <param name="Id">The public part of the key.</param>
/// <param name="Name">A name for people.</param>
/// <param name="Role"><c>viewer</c>, <c>creator</c>, <c>editor</c> or <c>admin</c>.</param>
/// <param name="Domains">The domains to which the key is limited; empty for no limit.</param>
/// <param name="Tags">The tags to which the key is limited; empty for no limit.</param>
/// <param name="State"><c>active</c>, <c>expired</c> or <c>revoked</c>.</param>
/// <param name="CreatedAt">When the key was created.</param>
/// <param name="CreatedBy">The id of the key that created this one; null if a command did.</param>
/// <param name="ExpiresAt">From when on the key is refused; null if it does not expire.</param>
/// <param name="RevokedAt">When the key was revoked.</param>
/// <param name="LastUsedAt">The hour of the last use.</param>
/// <param name="OldExpiresAt">Until when the secret before the last rotation works.</param>
internal sealed record KeyResource(
    string Id,
    string Name,
    string Role,
    IReadOnlyList<string> Domains,
    IReadOnlyList<string> Tags,
    string State,
    DateTime CreatedAt,
    string? CreatedBy,
    DateTime? ExpiresAt,
    DateTime? RevokedAt,
    DateTime? LastUsedAt,
    DateTime? OldExpiresAt)
{
    /// <summary>The whole key, only in the response that makes its secret.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Key { get; init; }

    public static KeyResource Of(ApiKey key, DateTimeOffset now) => new(
        key.Id,
        key.Name,
        RoleNames.Of(key.Role),
        [.. key.Scope.Domains.Select(name => name.Length == 0 ? DomainName.DefaultSegment : name)],
        key.Scope.Tags,
        key.RevokedAt is not null ? "revoked" : key.IsActiveAt(now) ? "active" : "expired",
        key.CreatedAt.UtcDateTime,
        key.CreatedBy,
        key.ExpiresAt?.UtcDateTime,
        key.RevokedAt?.UtcDateTime,
        key.LastUsedAt?.UtcDateTime,
        key.OldExpiresAt > now ? key.OldExpiresAt?.UtcDateTime : null);
}

/// <summary>All keys.</summary>
/// <param name="Keys">The keys, the newest first.</param>
internal sealed record KeyListResource(IReadOnlyList<KeyResource> Keys);
