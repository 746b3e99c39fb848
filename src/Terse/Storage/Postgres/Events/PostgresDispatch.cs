using Terse.Events;
using Terse.Horizon;

namespace Terse.Storage.Postgres;

/// <summary>Creates the deliveries of events (<see cref="PostgresDeliveryQueue"/>).</summary>
internal static class PostgresDispatch
{
    /// <summary>
    /// Tries to take the lock of the dispatch until the end of the transaction, and returns whether there is
    /// something to do. The number of the lock is "DISPATCH" in ASCII.
    /// </summary>
    private const string TryLock =
        """
        SELECT CASE WHEN pg_try_advisory_xact_lock(x'4449535041544348'::bigint)
            THEN EXISTS (SELECT FROM event WHERE is_waiting) ELSE false END
        """;

    /// <summary>A change or a deletion of a webhook waits until the deliveries are created.</summary>
    private const string LockWebhooks =
        $"SELECT {PostgresWebhookStore.Columns} FROM webhook WHERE state <> 2 ORDER BY id FOR SHARE";

    private const string SelectWaiting =
        $"""
        SELECT {PostgresEventRows.Columns}
        FROM (SELECT * FROM event WHERE is_waiting ORDER BY id LIMIT $1) AS e
        {PostgresEventRows.JoinAudit}
        ORDER BY e.id
        """;

    private const string SetDispatched =
        """
        UPDATE event AS e SET is_waiting = false
        FROM unnest($1::timestamptz[], $2::bigint[]) AS d(at, id) WHERE e.at = d.at AND e.id = d.id
        """;

    /// <returns>The number of events.</returns>
    public static async Task<int> RunAsync(
        WriteTransaction write,
        (int Limit, Func<Webhook, StoredEvent, bool> Matches) call,
        CancellationToken cancellationToken)
    {
        await using (var locking = write.CreateCommand(TryLock))
        {
            if (!(bool)(await locking.ExecuteScalarAsync(cancellationToken))!)
                return 0;
        }

        await PostgresEventTransactions.UseIndexesAsync(write, cancellationToken);
        await using var lockWebhooks = write.CreateCommand(LockWebhooks);
        var webhooks = await PostgresWebhookStore.ReadAsync(lockWebhooks, cancellationToken);
        var events = await ReadAsync(write, call.Limit, cancellationToken);
        await InsertAsync(
            write,
            [
                .. from stored in events
                   from webhook in webhooks
                   where call.Matches(webhook, stored)
                   select (webhook.Id, stored),
            ],
            cancellationToken);
        await using var update = PostgresEventTransactions.CreateCommand(write, SetDispatched);
        update.BindColumn(events, stored => stored.Position.Time);
        update.BindColumn(events, stored => stored.Position.Number);
        await update.ExecuteNonQueryAsync(cancellationToken);
        return events.Count;
    }

    private static async Task<List<StoredEvent>> ReadAsync(
        WriteTransaction write, int limit, CancellationToken cancellationToken)
    {
        await using var select = PostgresEventTransactions.CreateCommand(write, SelectWaiting);
        select.Bind(limit);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var events = new List<StoredEvent>();
        while (await row.ReadAsync(cancellationToken))
            events.Add(PostgresEventRows.Read(row, 0));
        return events;
    }

    private const string InsertDeliveries =
        """
        INSERT INTO delivery (event_at, event_id, webhook_id, line, state, attempts)
        SELECT d.*, 0, 0
        FROM unnest($1::timestamptz[], $2::bigint[], $3::text[], $4::text[]) AS d(at, id, webhook_id, line)
        """;

    /// <summary>The update changes nothing, but locks the row.</summary>
    private const string InsertLines =
        """
        INSERT INTO delivery_line AS l (webhook_id, line, due_at)
        SELECT n.webhook_id, n.line, clock_timestamp()
        FROM unnest($1::text[], $2::text[]) AS n(webhook_id, line)
        ORDER BY n.webhook_id COLLATE "C", n.line COLLATE "C"
        ON CONFLICT (webhook_id, line) DO UPDATE SET due_at = l.due_at
        """;

    /// <summary>Creates deliveries.</summary>
    public static async Task InsertAsync(
        WriteTransaction write,
        IReadOnlyList<(string WebhookId, StoredEvent Event)> deliveries,
        CancellationToken cancellationToken)
    {
        if (deliveries.Count == 0)
            return;
        await using var insert = PostgresEventTransactions.CreateCommand(write, InsertDeliveries);
        insert.BindColumn(deliveries, delivery => delivery.Event.Position.Time);
        insert.BindColumn(deliveries, delivery => delivery.Event.Position.Number);
        insert.BindColumn(deliveries, delivery => delivery.WebhookId);
        insert.BindColumn(deliveries, delivery => DeliveryLine.Of(delivery.Event));
        await insert.ExecuteNonQueryAsync(cancellationToken);
        await using var upsert = PostgresEventTransactions.CreateCommand(write, InsertLines);
        var lines = deliveries.Select(delivery => (delivery.WebhookId, Line: DeliveryLine.Of(delivery.Event)))
            .Distinct()
            .ToList();
        upsert.BindColumn(lines, line => line.WebhookId);
        upsert.BindColumn(lines, line => line.Line);
        await upsert.ExecuteNonQueryAsync(cancellationToken);
    }
}
