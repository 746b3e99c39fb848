using Terse.Hosting;

namespace Terse.Access;

/// <summary>Stores the API keys of an installation.</summary>
internal interface IKeyStore
{
    /// <summary>
    /// The maximum number of keys, revoked ones of the last year included. Every server keeps all keys in
    /// memory, about 500 bytes each.
    /// </summary>
    const int MaxKeys = 10_000;

    /// <summary>How long the row of a revoked key stays in the database.</summary>
    static readonly TimeSpan RevokedFor = TimeSpan.FromDays(365);

    /// <summary>Whether other servers use the same database.</summary>
    bool IsShared { get; }

    /// <summary>Reads all keys, revoked and expired ones included.</summary>
    /// <param name="known">
    /// The revision that the caller has; the result has no keys if it is still the present one. Null to read
    /// the keys in any case.
    /// </param>
    /// <param name="isLatest">
    /// True to read from the primary; false to read from any host, which may lack the newest changes.
    /// </param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="StoreUnavailableException">The database cannot be read.</exception>
    Task<StoredKeys> ReadAsync(Guid? known, bool isLatest, CancellationToken cancellationToken);

    /// <summary>
    /// Adds a key, and deletes the rows of keys that were revoked more than a year ago.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="actor">Who creates the key.</param>
    /// <param name="cancellationToken">Cancels the wait; the key may still be added.</param>
    /// <returns>False if there are <see cref="MaxKeys"/> keys.</returns>
    /// <exception cref="StoreUnavailableException">It is unknown whether the key was added.</exception>
    Task<bool> AddAsync(ApiKey key, Actor actor, CancellationToken cancellationToken);

    /// <summary>
    /// Gives a key a new secret. The present secret becomes the old one, and works until a time. While an old
    /// secret still works, it stays the old one: the present secret may have been made by a request whose
    /// response was lost, so nobody knows it.
    /// </summary>
    /// <returns>The key; null if no key that works has this id: it was revoked, or it has expired.</returns>
    /// <exception cref="StoreUnavailableException">It is unknown whether the key was changed.</exception>
    Task<ApiKey?> RotateAsync(NewSecret secret, Actor actor, CancellationToken cancellationToken);

    /// <summary>Revokes a key. A key that is revoked already stays as it is.</summary>
    /// <returns>False if no key has this id.</returns>
    /// <exception cref="StoreUnavailableException">It is unknown whether the key was revoked.</exception>
    Task<bool> RevokeAsync(string id, DateTimeOffset now, Actor actor, CancellationToken cancellationToken);

    /// <summary>Stores the hours in which keys were used, unless a later hour is stored.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be written.</exception>
    Task StoreUsesAsync(IReadOnlyList<KeyUse> uses, CancellationToken cancellationToken);
}

/// <param name="KeyId">The id of the key.</param>
/// <param name="Hash">The hash of its new secret.</param>
/// <param name="OldExpiresAt">Until when the old secret works.</param>
/// <param name="Now">The present time.</param>
internal sealed record NewSecret(
    string KeyId, byte[] Hash, DateTimeOffset OldExpiresAt, DateTimeOffset Now);

/// <param name="KeyId">The id of the key.</param>
/// <param name="UsedAt">The beginning of the hour, in UTC.</param>
internal sealed record KeyUse(string KeyId, DateTimeOffset UsedAt);

/// <summary>The keys of one snapshot of the database.</summary>
/// <param name="Version">Each change adds 1. A replica that lags behind has a lower version.</param>
/// <param name="Revision">Identifies the contents of the table.</param>
/// <param name="Keys">The keys; null if the caller has this revision already.</param>
internal sealed record StoredKeys(long Version, Guid Revision, IReadOnlyList<ApiKey>? Keys)
{
    /// <summary>
    /// The secret of the database that hides the positions in lists from limited keys. It never changes.
    /// </summary>
    public Guid CursorSecret { get; init; }

    /// <summary>The database has the schema of an earlier version, which has no keys.</summary>
    public static readonly StoredKeys WithoutTable = new(-1, Guid.Empty, []);
}
