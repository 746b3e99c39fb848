using Terse.Links;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="ICreationStore"/>
/// <remarks>
/// Each creation runs in one transaction on the writer's thread, so no other write runs between the select
/// and the insert. The returned task completes after the commit is on disk.
/// </remarks>
internal sealed class SqliteCreationStore(SqliteWriter writer, TimeProvider time) : ICreationStore
{
    /// <inheritdoc/>
    public Task<AddOnceResult> AddOnceAsync(
        IdempotentRequest request,
        Link link,
        DateTimeOffset tickEnd,
        CancellationToken cancellationToken) =>
        writer.RunAsync(session => AddOnce(session, request, link), cancellationToken);

    private AddOnceResult AddOnce(SqliteSession session, IdempotentRequest request, Link link)
    {
        var now = time.GetUtcNow();
        var expired = (now - IdempotentRequest.RetentionTime).ToUnixTimeMilliseconds();
        session.Command(DeleteExpired, expired).ExecuteNonQuery();
        if (Find(session, request, expired) is { } earlier)
            return earlier;

        var result = SqliteLinkStore.Add(session, link);
        if (result == AddLinkResult.Added)
        {
            session.Command(
                StoreKey,
                request.Key,
                request.Hash,
                link.Id.ToInt64(),
                now.ToUnixTimeMilliseconds()).ExecuteNonQuery();
        }

        return new AddOnceResult.Tried(result);
    }

    /// <summary>
    /// Each creation deletes at most 4 expired rows, so that no creation is slow. A creation adds only one
    /// row, so the expired rows still disappear.
    /// </summary>
    private const string DeleteExpired =
        """
        DELETE FROM idempotency WHERE key IN (
            SELECT key FROM idempotency WHERE created_at <= ?1 ORDER BY created_at LIMIT 4)
        """;

    private const string SelectEarlier =
        $"""
        SELECT {SqliteLinkStore.Columns}, i.request = ?2
        FROM idempotency AS i JOIN link ON link.id = i.link_id
        WHERE i.key = ?1 AND i.created_at > ?3
        """;

    private static AddOnceResult? Find(SqliteSession session, IdempotentRequest request, long expired)
    {
        using var row = session.Command(SelectEarlier, request.Key, request.Hash, expired).ExecuteReader();
        if (!row.Read())
            return null;
        return row.GetBoolean(11)
            ? new AddOnceResult.Repeated(SqliteLinkStore.ReadLink(row))
            : new AddOnceResult.KeyReused();
    }

    /// <summary>
    /// Stores the idempotency key. The statement replaces only an expired row, because <see cref="Find"/>
    /// found no valid row with the same key.
    /// </summary>
    private const string StoreKey =
        "INSERT OR REPLACE INTO idempotency (key, request, link_id, created_at) VALUES (?1, ?2, ?3, ?4)";
}
