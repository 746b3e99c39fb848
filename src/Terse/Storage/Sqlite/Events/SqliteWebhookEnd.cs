namespace Terse.Storage.Sqlite;

/// <summary>
/// Ends what waits for a webhook that has ended or was deleted, in small transactions after the change,
/// because creations of links use the same writer. If the process is killed meanwhile, the next one
/// continues.
/// </summary>
internal sealed class SqliteWebhookEnd(SqliteWriter writer, SqliteReaders readers)
{
    /// <summary>The number of rows that one transaction changes.</summary>
    private const int MaxRows = 500;

    private const string IsEndedWithLines =
        """
        SELECT EXISTS (SELECT 1 FROM webhook WHERE id = ?1 AND state = 2)
            AND EXISTS (SELECT 1 FROM delivery_line WHERE webhook_id = ?1)
        """;

    private const string MarkDead =
        """
        UPDATE delivery SET state = 2 WHERE (event_at, event_id, webhook_id) IN (
                SELECT event_at, event_id, webhook_id FROM delivery
                WHERE webhook_id = ?1 AND state = 0 LIMIT ?2)
            AND EXISTS (SELECT 1 FROM webhook WHERE id = ?1 AND state = 2)
        """;

    private const string DeleteLinesOfEnded =
        """
        DELETE FROM delivery_line WHERE (webhook_id, line) IN (
                SELECT webhook_id, line FROM delivery_line WHERE webhook_id = ?1 LIMIT ?2)
            AND EXISTS (SELECT 1 FROM webhook WHERE id = ?1 AND state = 2)
        """;

    /// <summary>Makes what waits for a webhook dead, if the webhook has ended.</summary>
    public async Task EndAsync(string id, CancellationToken cancellationToken)
    {
        if (!readers.Run(
            static (session, id) => (long)session.Command(IsEndedWithLines, id).ExecuteScalar()! == 1, id))
        {
            return;
        }

        await RepeatAsync(MarkDead, id, cancellationToken);
        await RepeatAsync(DeleteLinesOfEnded, id, cancellationToken);
    }

    private const string DeleteLines =
        """
        DELETE FROM delivery_line WHERE (webhook_id, line) IN (
            SELECT webhook_id, line FROM delivery_line WHERE webhook_id = ?1 LIMIT ?2)
        """;

    private const string DeleteDeliveries =
        """
        DELETE FROM delivery WHERE (event_at, event_id, webhook_id) IN (
            SELECT event_at, event_id, webhook_id FROM delivery WHERE webhook_id = ?1 LIMIT ?2)
        """;

    /// <summary>Deletes the lines and deliveries of a deleted webhook.</summary>
    public async Task DeleteAsync(string id, CancellationToken cancellationToken)
    {
        await RepeatAsync(DeleteLines, id, cancellationToken);
        await RepeatAsync(DeleteDeliveries, id, cancellationToken);
    }

    private async Task RepeatAsync(string sql, string id, CancellationToken cancellationToken)
    {
        int rows;
        do
        {
            rows = await writer.RunAsync(
                session => session.Command(sql, id, MaxRows).ExecuteNonQuery(), cancellationToken);
        }
        while (rows == MaxRows);
    }

    /// <summary>
    /// Finds the webhooks that have ended, and those that do not exist although something is stored for them.
    /// Each step of a recursion looks up the next webhook in an index.
    /// </summary>
    private const string SelectNotOpen =
        """
        WITH RECURSIVE line(id) AS (
            SELECT min(webhook_id) FROM delivery_line
            UNION ALL
            SELECT (SELECT min(webhook_id) FROM delivery_line WHERE webhook_id > line.id)
            FROM line WHERE line.id IS NOT NULL
        ), sent(id) AS (
            SELECT min(webhook_id) FROM delivery
            UNION ALL
            SELECT (SELECT min(webhook_id) FROM delivery WHERE webhook_id > sent.id)
            FROM sent WHERE sent.id IS NOT NULL
        )
        SELECT id, 0 FROM (SELECT id FROM line UNION SELECT id FROM sent) AS used
        WHERE id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM webhook WHERE webhook.id = used.id)
        UNION ALL
        SELECT id, 1 FROM webhook WHERE state = 2
        """;

    /// <summary>Ends what waits for all webhooks that have ended or were deleted.</summary>
    /// <exception cref="Hosting.StoreUnavailableException">The database cannot be used now.</exception>
    public async Task ContinueAsync(CancellationToken cancellationToken)
    {
        foreach (var (id, exists) in readers.Run(FindNotOpen, SelectNotOpen))
            await (exists ? EndAsync(id, cancellationToken) : DeleteAsync(id, cancellationToken));
    }

    private static List<(string Id, bool Exists)> FindNotOpen(SqliteSession session, string sql)
    {
        using var row = session.Command(sql).ExecuteReader();
        var webhooks = new List<(string, bool)>();
        while (row.Read())
            webhooks.Add((row.GetString(0), row.GetBoolean(1)));
        return webhooks;
    }
}
