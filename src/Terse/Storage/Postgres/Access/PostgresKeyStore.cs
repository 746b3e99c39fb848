using Npgsql;
using Terse.Access;
using Terse.Horizon;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="IKeyStore"/>
/// <remarks>
/// A trigger gives the table a new version and a new revision with each change, and notifies all servers.
/// Changes run one after the other, because each of them locks the row of <c>api_key_state</c>.
/// </remarks>
internal sealed class PostgresKeyStore(Cluster cluster, TimeProvider time) : IKeyStore
{
    private const string SelectKeys =
        """
        SELECT s.version, s.revision, k.id, k.name, k.role, k.scope, k.secret, k.old_secret, k.old_until,
            k.created_at, k.created_by, k.expires_at, k.revoked_at, u.used_at, s.cursor_secret
        FROM api_key_state AS s
            LEFT JOIN LATERAL (SELECT * FROM api_key WHERE s.revision IS DISTINCT FROM $1) AS k ON true
            LEFT JOIN api_key_use AS u ON u.key_id = k.id
        """;

    /// <inheritdoc/>
    public bool IsShared => true;

    /// <inheritdoc/>
    public async Task<StoredKeys> ReadAsync(Guid? known, bool isLatest, CancellationToken cancellationToken)
    {
        try
        {
            return await PostgresErrors.WithTimeoutAsync(
                token => cluster.ReadAsync(
                    ConnectionShare.Nodes,
                    isLatest ? Freshness.Latest : Freshness.Any,
                    known,
                    ReadAsync,
                    token),
                time,
                cancellationToken);
        }
        catch (PostgresException exception) when (PostgresErrors.IsOfEarlierSchema(exception))
        {
            return StoredKeys.WithoutTable;
        }
    }

    private static async Task<StoredKeys> ReadAsync(
        ReadTransaction read, Guid? known, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(SelectKeys);
        select.Bind(known);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var (version, revision, cursorSecret) = (0L, Guid.Empty, Guid.Empty);
        var keys = new List<ApiKey>();
        while (await row.ReadAsync(cancellationToken))
        {
            (version, revision, cursorSecret) = (row.GetInt64(0), row.GetGuid(1), row.GetGuid(14));
            if (!await row.IsDBNullAsync(2, cancellationToken))
                keys.Add(ReadKey(row));
        }

        return new(version, revision, revision == known ? null : keys) { CursorSecret = cursorSecret };
    }

    private static ApiKey ReadKey(NpgsqlDataReader row)
    {
        _ = RoleNames.TryParse(row.GetString(4), out var role);
        return new(
            row.GetString(2),
            row.GetString(3),
            role,
            KeyScope.Read(row.IsDBNull(5) ? null : row.GetString(5)),
            row.GetFieldValue<byte[]>(6))
        {
            OldSecretHash = row.IsDBNull(7) ? null : row.GetFieldValue<byte[]>(7),
            OldExpiresAt = ReadTime(row, 8),
            CreatedAt = row.GetFieldValue<DateTimeOffset>(9),
            CreatedBy = row.IsDBNull(10) ? null : row.GetString(10),
            ExpiresAt = ReadTime(row, 11),
            RevokedAt = ReadTime(row, 12),
            LastUsedAt = ReadTime(row, 13),
        };
    }

    private static DateTimeOffset? ReadTime(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);

    /// <summary>Locks the table until the end of the transaction.</summary>
    private const string LockState = "SELECT version FROM api_key_state FOR UPDATE";

    /// <summary>Deletes long revoked keys, but one: a key must remain that shows that keys exist.</summary>
    private const string DeleteRevoked =
        """
        DELETE FROM api_key
        WHERE revoked_at < $1 AND id <> (SELECT min(id) FROM api_key) AND name <> $2
        """;

    private const string InsertKey =
        """
        INSERT INTO api_key (id, name, role, scope, secret, created_at, created_by, expires_at, changed_from)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9
        WHERE (SELECT count(*) FROM api_key) < $10
        """;

    /// <inheritdoc/>
    public Task<bool> AddAsync(ApiKey key, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync((key, actor), AddAsync, cancellationToken);

    private static async Task<bool> AddAsync(
        WriteTransaction write, (ApiKey Key, Actor Actor) added, CancellationToken cancellationToken)
    {
        var (key, actor) = added;
        await using var locking = write.CreateCommand(LockState);
        await locking.ExecuteNonQueryAsync(cancellationToken);
        await using var delete = write.CreateCommand(DeleteRevoked);
        delete.Bind(key.CreatedAt - IKeyStore.RevokedFor);
        delete.Bind(AccessOptions.AdminKeyName);
        await delete.ExecuteNonQueryAsync(cancellationToken);
        await using var insert = write.CreateCommand(InsertKey);
        insert.Bind(key.Id);
        insert.Bind(key.Name);
        insert.Bind(RoleNames.Of(key.Role));
        insert.Bind(key.Scope.Write());
        insert.Bind(key.SecretHash);
        insert.Bind(key.CreatedAt);
        insert.Bind(key.CreatedBy);
        insert.Bind(key.ExpiresAt);
        insert.Bind(actor.Address);
        insert.Bind((long)IKeyStore.MaxKeys);
        return await insert.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    private const string RotateKey =
        """
        UPDATE api_key SET secret = $2, changed_by = $4, changed_from = $5,
            old_secret = CASE WHEN old_until > $6 THEN old_secret ELSE secret END,
            old_until = $3
        WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $6)
        RETURNING 0::bigint, NULL::uuid, id, name, role, scope, secret, old_secret, old_until, created_at,
            created_by, expires_at, revoked_at, NULL::timestamptz
        """;

    /// <inheritdoc/>
    public Task<ApiKey?> RotateAsync(NewSecret secret, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync((secret, actor), RotateAsync, cancellationToken);

    private static async Task<ApiKey?> RotateAsync(
        WriteTransaction write, (NewSecret Secret, Actor Actor) call, CancellationToken cancellationToken)
    {
        var (secret, actor) = call;
        await using var update = write.CreateCommand(RotateKey);
        update.Bind(secret.KeyId);
        update.Bind(secret.Hash);
        update.Bind(secret.OldExpiresAt);
        update.Bind(actor.KeyId);
        update.Bind(actor.Address);
        update.Bind(secret.Now);
        await using var row = await update.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) ? ReadKey(row) : null;
    }

    private const string RevokeKey =
        """
        UPDATE api_key SET revoked_at = $2, changed_by = $3, changed_from = $4
        WHERE id = $1 AND revoked_at IS NULL
        """;

    private const string KeyExists = "SELECT EXISTS (SELECT FROM api_key WHERE id = $1)";

    /// <inheritdoc/>
    public Task<bool> RevokeAsync(
        string id, DateTimeOffset now, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync((id, now, actor), RevokeAsync, cancellationToken);

    private static async Task<bool> RevokeAsync(
        WriteTransaction write,
        (string Id, DateTimeOffset Now, Actor Actor) key,
        CancellationToken cancellationToken)
    {
        await using var update = write.CreateCommand(RevokeKey);
        update.Bind(key.Id);
        update.Bind(key.Now);
        update.Bind(key.Actor.KeyId);
        update.Bind(key.Actor.Address);
        await update.ExecuteNonQueryAsync(cancellationToken);
        await using var select = write.CreateCommand(KeyExists);
        select.Bind(key.Id);
        return (bool)(await select.ExecuteScalarAsync(cancellationToken))!;
    }

    private const string UpsertUses =
        """
        INSERT INTO api_key_use AS u (key_id, used_at)
        SELECT * FROM unnest($1::text[], $2::timestamptz[]) AS n(key_id, used_at) ORDER BY key_id COLLATE "C"
        ON CONFLICT (key_id) DO UPDATE SET used_at = excluded.used_at WHERE u.used_at < excluded.used_at
        """;

    /// <inheritdoc/>
    public Task StoreUsesAsync(IReadOnlyList<KeyUse> uses, CancellationToken cancellationToken) =>
        WriteAsync(uses, StoreUsesAsync, cancellationToken);

    private static async Task<bool> StoreUsesAsync(
        WriteTransaction write, IReadOnlyList<KeyUse> uses, CancellationToken cancellationToken)
    {
        await using var upsert = write.CreateCommand(UpsertUses);
        upsert.BindColumn(uses, use => use.KeyId);
        upsert.BindColumn(uses, use => use.UsedAt);
        await upsert.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }

    private Task<TResult> WriteAsync<T, TResult>(
        T argument,
        Func<WriteTransaction, T, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        PostgresNewTables.WriteAsync(cluster, argument, work, "has no API keys", time, cancellationToken);
}
