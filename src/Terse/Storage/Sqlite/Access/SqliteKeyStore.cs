using Microsoft.Data.Sqlite;
using Terse.Access;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="IKeyStore"/>
internal sealed class SqliteKeyStore(SqliteWriter writer, SqliteReaders readers) : IKeyStore
{
    private const string SelectVersion = "SELECT version FROM api_key_state";

    private const string SelectCursorSecret = "SELECT cursor_secret FROM api_key_state";

    private const string SelectKeys =
        """
        SELECT id, name, role, scope, secret, old_secret, old_until, created_at, created_by, expires_at,
            revoked_at, used_at
        FROM api_key LEFT JOIN api_key_use ON key_id = id
        """;

    /// <inheritdoc/>
    /// <remarks>Only commands use the file beside the server.</remarks>
    public bool IsShared => false;

    /// <inheritdoc/>
    public Task<StoredKeys> ReadAsync(Guid? known, bool isLatest, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(Read, known));

    /// <remarks>
    /// The version is read first. If a change is committed between the two statements, the keys are newer
    /// than the version, and the next call reads them again.
    /// </remarks>
    private static StoredKeys Read(SqliteSession session, Guid? known)
    {
        var version = (long)session.Command(SelectVersion).ExecuteScalar()!;
        var revision = RevisionOf(version);
        if (revision == known)
            return new(version, revision, Keys: null);
        var secret = new Guid((byte[])session.Command(SelectCursorSecret).ExecuteScalar()!);
        using var row = session.Command(SelectKeys).ExecuteReader();
        var keys = new List<ApiKey>();
        while (row.Read())
            keys.Add(ReadKey(row));
        return new(version, revision, keys) { CursorSecret = secret };
    }

    private static Guid RevisionOf(long version)
    {
        Span<byte> bytes = stackalloc byte[16];
        BitConverter.TryWriteBytes(bytes, version);
        return new(bytes);
    }

    private static ApiKey ReadKey(SqliteDataReader row)
    {
        _ = RoleNames.TryParse(row.GetString(2), out var role);
        return new(
            row.GetString(0),
            row.GetString(1),
            role,
            KeyScope.Read(row.IsDBNull(3) ? null : row.GetString(3)),
            row.GetFieldValue<byte[]>(4))
        {
            OldSecretHash = row.IsDBNull(5) ? null : row.GetFieldValue<byte[]>(5),
            OldExpiresAt = ReadTime(row, 6),
            CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(7)),
            CreatedBy = row.IsDBNull(8) ? null : row.GetString(8),
            ExpiresAt = ReadTime(row, 9),
            RevokedAt = ReadTime(row, 10),
            LastUsedAt = ReadTime(row, 11),
        };
    }

    private static DateTimeOffset? ReadTime(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

    /// <summary>Deletes long revoked keys, but one: a key must remain that shows that keys exist.</summary>
    private const string DeleteRevoked =
        """
        DELETE FROM api_key
        WHERE revoked_at < ?1 AND id <> (SELECT min(id) FROM api_key) AND name <> ?2
        """;

    private const string InsertKey =
        """
        INSERT INTO api_key (id, name, role, scope, secret, created_at, created_by, expires_at, changed_from)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
        WHERE (SELECT count(*) FROM api_key) < ?10
        """;

    /// <inheritdoc/>
    public Task<bool> AddAsync(ApiKey key, Actor actor, CancellationToken cancellationToken) =>
        writer.RunAsync(session => Add(session, key, actor), cancellationToken);

    private static bool Add(SqliteSession session, ApiKey key, Actor actor)
    {
        var before = key.CreatedAt - IKeyStore.RevokedFor;
        session.Command(DeleteRevoked, before.ToUnixTimeMilliseconds(), AccessOptions.AdminKeyName)
            .ExecuteNonQuery();
        return session.Command(
            InsertKey,
            key.Id,
            key.Name,
            RoleNames.Of(key.Role),
            key.Scope.Write(),
            key.SecretHash,
            key.CreatedAt.ToUnixTimeMilliseconds(),
            key.CreatedBy,
            key.ExpiresAt?.ToUnixTimeMilliseconds(),
            actor.Address,
            IKeyStore.MaxKeys).ExecuteNonQuery() == 1;
    }

    private const string RotateKey =
        """
        UPDATE api_key SET secret = ?2, changed_by = ?4, changed_from = ?5,
            old_secret = iif(old_until > ?6, old_secret, secret), old_until = ?3
        WHERE id = ?1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?6)
        """;

    private const string SelectKey = $"{SelectKeys} WHERE id = ?1";

    /// <inheritdoc/>
    public Task<ApiKey?> RotateAsync(NewSecret secret, Actor actor, CancellationToken cancellationToken) =>
        writer.RunAsync(session => Rotate(session, secret, actor), cancellationToken);

    private static ApiKey? Rotate(SqliteSession session, NewSecret secret, Actor actor)
    {
        var update = session.Command(
            RotateKey,
            secret.KeyId,
            secret.Hash,
            secret.OldExpiresAt.ToUnixTimeMilliseconds(),
            actor.KeyId,
            actor.Address,
            secret.Now.ToUnixTimeMilliseconds());
        if (update.ExecuteNonQuery() == 0)
            return null;
        using var row = session.Command(SelectKey, secret.KeyId).ExecuteReader();
        row.Read();
        return ReadKey(row);
    }

    private const string RevokeKey =
        """
        UPDATE api_key SET revoked_at = ?2, changed_by = ?3, changed_from = ?4
        WHERE id = ?1 AND revoked_at IS NULL
        """;

    private const string KeyExists = "SELECT EXISTS (SELECT 1 FROM api_key WHERE id = ?1)";

    /// <inheritdoc/>
    public Task<bool> RevokeAsync(
        string id, DateTimeOffset now, Actor actor, CancellationToken cancellationToken) =>
        writer.RunAsync(
            session =>
            {
                session.Command(
                    RevokeKey,
                    id,
                    now.ToUnixTimeMilliseconds(),
                    actor.KeyId,
                    actor.Address).ExecuteNonQuery();
                return (long)session.Command(KeyExists, id).ExecuteScalar()! == 1;
            },
            cancellationToken);

    private const string UpsertUse =
        """
        INSERT INTO api_key_use (key_id, used_at) VALUES (?1, ?2)
        ON CONFLICT (key_id) DO UPDATE SET used_at = max(used_at, excluded.used_at)
        """;

    /// <inheritdoc/>
    public Task StoreUsesAsync(IReadOnlyList<KeyUse> uses, CancellationToken cancellationToken) =>
        writer.RunAsync(
            session =>
            {
                foreach (var (key, usedAt) in uses)
                    session.Command(UpsertUse, key, usedAt.ToUnixTimeMilliseconds()).ExecuteNonQuery();
                return uses.Count;
            },
            cancellationToken);
}
