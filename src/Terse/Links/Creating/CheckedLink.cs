using System.Globalization;
using Terse.Access;

namespace Terse.Links;

/// <summary>
/// The requested link after validation. Different spellings of the same domain or the same instant have
/// been replaced by one spelling.
/// </summary>
internal sealed record CheckedLink(
    string? Code, string Domain, string? ExpiresIn, Func<Link, Link> Edit)
{
    /// <summary>Who creates the link.</summary>
    public Actor Creator { get; init; } = Actor.None;

    /// <inheritdoc cref="PasswordField.FingerprintAsync"/>
    public string? PasswordFingerprint { get; init; }

    /// <summary>Makes the link with an id and a code.</summary>
    public Link New(Tsid id, string code, DateTimeOffset now)
    {
        var link = Edit(new(id, Domain, code, "", now));
        return Creator == Actor.None ? link : link with
        {
            Settings = link.Settings with
            {
                CreatedBy = Creator.KeyId,
                ChangedFrom = Creator.Address,
                DisabledBy = link.Settings.IsDisabled ? Creator.KeyId : null,
            },
        };
    }

    /// <summary>
    /// Whether an existing link is live, has the values of all fields that were sent, and otherwise works
    /// like a new link. Title, note and tags that were not sent do not matter.
    /// </summary>
    public bool IsFulfilledBy(Link link, DateTimeOffset now)
    {
        var wanted = New(link.Id, link.Code, link.CreatedAt);
        var texts = link.Settings;
        wanted = wanted with
        {
            Version = link.Version,
            LaterCodes = link.LaterCodes,
            Settings = wanted.Settings with
            {
                Title = texts.Title,
                Note = texts.Note,
                Tags = texts.Tags,
                CreatedBy = texts.CreatedBy,
                ChangedBy = texts.ChangedBy,
                ChangedFrom = texts.ChangedFrom,
                DisabledBy = texts.DisabledBy,
            },
        };
        return !(link.ExpiresAt <= now)
            && (Code is null || LinkCodes.Have(link, Code))
            && wanted == link
            && Edit(link) == link;
    }

    /// <summary>
    /// Adds the idempotency key. Callers with different API keys can use the same one for different
    /// links: no client can send a key with a tab.
    /// </summary>
    public IdempotentRequest With(string key)
    {
        var link = Edit(new(default, Domain, "", "", default));
        if (Creator.KeyId is { } keyId)
            key = $"{keyId}\t{key}";
        var expiresAt = ExpiresIn is null ? link.ExpiresAt?.ToUnixTimeMilliseconds() : null;
        return IdempotentRequest.Of(
            key,
            ("target", link.Target),
            ("code", Code),
            ("domain", Domain),
            ("expiresAt", TextOf(expiresAt)),
            ("maxVisits", TextOf(link.MaxVisits)),
            ("expiresIn", ExpiresIn),
            ("settings", StoredSettings.Write(link.Settings with { Password = null })),
            ("password", PasswordFingerprint));
    }

    private static string? TextOf(long? number) => number?.ToString(CultureInfo.InvariantCulture);
}
