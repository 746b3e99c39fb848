using Terse.Access;

namespace Terse.Links;

/// <summary>
/// A link leads from a short URL, which consists of a domain and a code, to a target. A redirect finds the
/// link by its name: the domain and the code. A name is never reused, even after its link is deleted. The id
/// identifies the link inside Terse. By default, a generated code is the id written as text.
/// </summary>
/// <param name="Id">The unique id, which contains the time at which it was minted.</param>
/// <param name="Domain">The domain name as stored: in lower case; empty for the default domain.</param>
/// <param name="Code">
/// The code with which the link was created: the path of the short URL without its first slash. Codes are
/// case-sensitive.
/// </param>
/// <param name="Target">The URL that the link leads to, exactly as the client sent it.</param>
/// <param name="CreatedAt">When the link was created, in UTC, with a precision of 1 ms.</param>
internal sealed record Link(Tsid Id, string Domain, string Code, string Target, DateTimeOffset CreatedAt)
{
    /// <summary>The domain and the code, by which a redirect finds the link.</summary>
    public LinkName Name => new(Domain, Code);

    /// <summary>
    /// The codes that replaced <see cref="Code"/> later, in the order in which they did, separated by spaces;
    /// null if the code was never replaced. The last one is the present code; <see cref="LinkCodes"/> reads
    /// this text. The link is found by each of its codes for ever.
    /// </summary>
    public string? LaterCodes { get; init; }

    /// <summary>All names by which the link is found.</summary>
    public IEnumerable<LinkName> Names => LinkCodes.All(this).Select(code => new LinkName(Domain, code));

    /// <summary>The URLs that requests for the link can lead to before the link expires.</summary>
    public IEnumerable<string> FollowedTargets =>
        Settings.Rules is { } rules ? rules.Select(rule => rule.Target).Prepend(Target) : [Target];

    /// <summary>All URLs that requests for the link can lead to.</summary>
    public IEnumerable<string> Targets =>
        Settings.ExpiredTarget is { } expired ? FollowedTargets.Append(expired) : FollowedTargets;

    /// <summary>The version number: 1 for a new link; each change adds 1.</summary>
    public int Version { get; init; } = 1;

    /// <summary>
    /// When the link expires, with a precision of 1 ms. From this time on, requests for the link are answered
    /// with 410. Null for a link that never expires.
    /// </summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>
    /// How many visits the link allows, on all servers together: 1 or more. Null for no limit.
    /// </summary>
    public long? MaxVisits { get; init; }

    /// <summary>
    /// When the link was deleted; null if the link is not deleted. A deleted link stays in the database, so
    /// that its name is never reused. Requests for a deleted link are answered with 410.
    /// </summary>
    public DateTimeOffset? DeletedAt { get; init; }

    /// <inheritdoc cref="LinkSettings"/>
    public LinkSettings Settings { get; init; } = LinkSettings.None;

    /// <summary>
    /// Whether the link was erased: only its names and its times are left, and its visits are deleted for
    /// good. No other link has an empty target.
    /// </summary>
    public bool IsErased => Target.Length == 0;

    /// <summary>
    /// Notes who changes the link, for the audit, and who deletes or disables it: a creator may undo only
    /// what it did itself.
    /// </summary>
    /// <param name="actor">Who changes the link.</param>
    /// <param name="before">The link before the change.</param>
    public Link ChangedBy(Actor actor, Link before)
    {
        var settings = Settings with
        {
            ChangedBy = actor.KeyId,
            ChangedFrom = actor.Address,
            DeletedBy = DeletedAt is null ? null
                : before.DeletedAt is null ? actor.KeyId
                : before.Settings.DeletedBy,
            DisabledBy = !Settings.IsDisabled ? null
                : !before.Settings.IsDisabled ? actor.KeyId
                : before.Settings.DisabledBy,
        };
        // StoredSettings.Write recognizes LinkSettings.None without serializing it.
        return this with { Settings = settings == LinkSettings.None ? LinkSettings.None : settings };
    }

    /// <summary>
    /// Removes everything that people wrote into the link, so that only its name stays taken.
    /// </summary>
    /// <param name="now">When the link is deleted, if it is not deleted yet.</param>
    public Link Erase(DateTimeOffset now) => this with
    {
        Target = "",
        ExpiresAt = null,
        MaxVisits = null,
        DeletedAt = DeletedAt ?? now,
        Settings = LinkSettings.None,
    };
}
