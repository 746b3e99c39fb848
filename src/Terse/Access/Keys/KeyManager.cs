using Terse.Domains;
using Terse.Hosting;
using Terse.Web;

namespace Terse.Access;

/// <summary>Creates, rotates and revokes keys, for the API and for the commands.</summary>
internal sealed class KeyManager(
    IKeyStore store,
    KeyLoader loader,
    DomainMap domains,
    FileKey fileKey,
    TimeProvider time)
{
    public const int MaxName = 100;

    /// <summary>The maximum number of domains, and of tags, to which a key is limited.</summary>
    public const int MaxLimits = 50;

    public const int MaxTag = 64;

    /// <summary>The maximum number of characters of an unknown domain that the error repeats.</summary>
    private const int MaxShown = 60;

    /// <summary>How long the old secret of a rotated key works, unless the caller says otherwise.</summary>
    public static readonly TimeSpan DefaultOverlap = TimeSpan.FromDays(1);

    public static readonly TimeSpan MaxOverlap = TimeSpan.FromDays(90);

    /// <param name="request">The requested key.</param>
    /// <param name="actor">Who creates the key.</param>
    /// <param name="cancellationToken">Cancels the wait; the key may still be created.</param>
    /// <exception cref="StoreUnavailableException">It is unknown whether the key was created.</exception>
    public async Task<KeyResult> CreateAsync(
        KeyRequest request, Actor actor, CancellationToken cancellationToken)
    {
        if (Check(request, out var scope) is { } refusal)
            return refusal;
        if (ReadInstant("expiresAt", request.ExpiresAt, out var expiresAt) is { } wrong)
            return wrong;
        if (expiresAt <= time.GetUtcNow())
            return new KeyResult.Refused("expiresAt", "'expiresAt' must be in the future.");
        _ = RoleNames.TryParse(request.Role, out var role);
        var text = KeyText.New();
        var key = new ApiKey(text.Id, request.Name!.Trim(), role, scope, text.Hash())
        {
            CreatedAt = Now,
            CreatedBy = actor.KeyId,
            ExpiresAt = expiresAt,
        };
        if (!await store.AddAsync(key, actor, cancellationToken))
        {
            return new KeyResult.Refused(
                "name", $"The database has {IKeyStore.MaxKeys} keys, revoked ones included; use fewer.");
        }

        return new KeyResult.Issued(key, text);
    }

    /// <summary>Gives a key a new secret.</summary>
    /// <param name="id">The id of the key.</param>
    /// <param name="oldExpiresAt">Until when the old secret works; null for the default.</param>
    /// <param name="actor">Who rotates the key.</param>
    /// <param name="cancellationToken">Cancels the wait; the key may still be rotated.</param>
    /// <exception cref="StoreUnavailableException">It is unknown whether the key was rotated.</exception>
    public async Task<KeyResult> RotateAsync(
        string id, DateTimeOffset? oldExpiresAt, Actor actor, CancellationToken cancellationToken)
    {
        var now = Now;
        var until = oldExpiresAt?.ToUniversalTime() ?? now + DefaultOverlap;
        if (until > now + MaxOverlap)
        {
            return new KeyResult.Refused(
                "oldExpiresAt", $"The old secret can work for {MaxOverlap.TotalDays:0} days at most.");
        }

        var text = KeyText.NewSecret(id);
        var key = KeyText.IsId(id)
            ? await store.RotateAsync(new(id, text.Hash(), until, now), actor, cancellationToken)
            : null;
        return key is null ? new KeyResult.NotFound() : new KeyResult.Issued(key, text);
    }

    /// <summary>
    /// Ends a key, at once on this server and within a second on the others. The key in
    /// <see cref="AccessOptions.AdminKeyFile"/> gets a row that says so.
    /// </summary>
    /// <exception cref="StoreUnavailableException">It is unknown whether the key was revoked.</exception>
    public async Task<KeyResult> RevokeAsync(string id, Actor actor, CancellationToken cancellationToken)
    {
        if (!KeyText.IsId(id))
            return new KeyResult.NotFound();
        if (!await store.RevokeAsync(id, Now, actor, cancellationToken))
        {
            if (fileKey.Key is not { } ofFile || ofFile.Id != id)
                return new KeyResult.NotFound();
            if (!await store.AddAsync(ofFile with { CreatedAt = Now }, actor, cancellationToken))
            {
                return new KeyResult.Refused(
                    "id",
                    $"The database has {IKeyStore.MaxKeys} keys, and cannot store this revocation; "
                    + $"remove the setting {AccessOptions.AdminKeyName}, and restart the servers.");
            }

            await store.RevokeAsync(id, Now, actor, cancellationToken);
        }

        await loader.ReadAsync(cancellationToken);
        return new KeyResult.Revoked();
    }

    /// <summary>All keys, those of the last year that were revoked included; the newest first.</summary>
    /// <exception cref="StoreUnavailableException">The primary cannot be read.</exception>
    public async Task<IReadOnlyList<ApiKey>> ListAsync(CancellationToken cancellationToken)
    {
        var stored = await store.ReadAsync(known: null, isLatest: true, cancellationToken);
        return [.. stored.Keys!
            .OrderByDescending(key => key.CreatedAt)
            .ThenBy(key => key.Id, StringComparer.Ordinal)];
    }

    /// <inheritdoc cref="ListAsync"/>
    public async Task<ApiKey?> FindAsync(string id, CancellationToken cancellationToken) =>
        (await ListAsync(cancellationToken)).FirstOrDefault(key => key.Id == id);

    /// <summary>Reads a time of a request; null if the field is missing.</summary>
    /// <returns>The refusal of a wrong time; null if the time is valid or missing.</returns>
    public static KeyResult.Refused? ReadInstant(string field, string? text, out DateTimeOffset? instant)
    {
        instant = null;
        if (text is null)
            return null;
        if (!InstantText.TryParse(text, out var read))
            return new(field, $"'{field}' must be {InstantText.Expected}.");
        instant = read;
        return null;
    }

    private DateTimeOffset Now => time.GetUtcMilliseconds();

    private KeyResult.Refused? Check(KeyRequest request, out KeyScope scope)
    {
        scope = KeyScope.All;
        if (string.IsNullOrWhiteSpace(request.Name) || request.Name.EnumerateRunes().Count() > MaxName
            || request.Name.Any(char.IsControl))
        {
            return new("name", $"A key needs a name of 1 to {MaxName} characters, without controls.");
        }

        if (!RoleNames.TryParse(request.Role, out _))
            return new("role", $"'role' must be {RoleNames.All}.");
        var (names, tags) = (request.Domains ?? [], request.Tags ?? []);
        if (request.Domains is { Count: 0 } || request.Tags is { Count: 0 })
        {
            return new(
                request.Domains is { Count: 0 } ? "domains" : "tags",
                "An empty list would limit nothing; leave the field out for a key without this limit.");
        }

        if (names.Count > MaxLimits)
            return new("domains", $"A key can be limited to {MaxLimits} domains at most.");
        if (tags.Count > MaxLimits || tags.Any(IsNoTag))
            return new("tags", $"A key can be limited to {MaxLimits} tags of 1 to {MaxTag} characters.");
        var stored = new List<string>();
        foreach (string? name in names)
        {
            if (domains.StoredNameOf(name) is not { } domain)
            {
                var shown = ShownText.Shorten(name ?? "", MaxShown);
                return new("domains", $"'{shown}' is not a domain of this installation.");
            }

            stored.Add(domain);
        }

        scope = new([.. stored.Distinct(StringComparer.Ordinal)], [.. tags.Distinct(StringComparer.Ordinal)]);
        return null;
    }

    private static bool IsNoTag(string? tag) =>
        string.IsNullOrWhiteSpace(tag) || tag.EnumerateRunes().Count() > MaxTag || tag.Any(char.IsControl)
        || tag != tag.Trim();
}
