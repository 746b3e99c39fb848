using Terse.Events;
using Terse.Horizon;

namespace Terse.Storage.Postgres;

/// <summary>Creates the deliveries of events (<see cref="PostgresDeliveryQueue"/>).</summary>
internal static class PostgresDispatch
{
    /// <summary>
    /// Tries to take the lock of the dispatch until the end of the transaction. Returns null if another
    /// server has it, else the number of the last event up to the horizon. The number of the lock is
    /// "DISPATCH" in ASCII.
    /// </summary>
    private const string TryLock =
        $"""
        SELECT CASE WHEN pg_try_advisory_xact_lock(x'4449535041544348'::bigint) THEN coalesce((
                SELECT id FROM event WHERE at <= snapshot.closed_at
                ORDER BY at DESC, id DESC LIMIT 1), 0) END,
            snapshot.system_identifier, snapshot.timeline, snapshot.term,
            {PostgresEventTransactions.UseIndexes}
        FROM {HorizonSchema.Snapshot}
        """;

    private const string SelectUndispatched =
        $"""
        SELECT {PostgresEventRows.Columns}
        FROM (SELECT * FROM event WHERE is_undispatched AND id > $1 ORDER BY id LIMIT $2) AS e
        {PostgresEventRows.JoinAudit}
        ORDER BY e.id
        """;

    /// <summary>
    /// A change or a deletion of a webhook waits until the deliveries are created. The webhooks are read
    /// after the events, so that no event is dispatched without a webhook that was added before it.
    /// </summary>
    private const string LockWebhooks =
        $"SELECT {PostgresWebhookStore.Columns} FROM webhook WHERE state <> 2 ORDER BY id FOR SHARE";

    private const string SetDispatched =
        """
        UPDATE event AS e SET is_undispatched = false
        FROM unnest($1::timestamptz[], $2::bigint[]) AS d(at, id) WHERE e.at = d.at AND e.id = d.id
        """;

    /// <returns>The number of events, and where the next transaction begins.</returns>
    public static async Task<(int Events, DispatchFloor Floor)> RunAsync(
        WriteTransaction write,
        (int Limit, Func<Webhook, StoredEvent, bool> Matches, DispatchFloor Floor) call,
        CancellationToken cancellationToken)
    {
        var (last, primary) = await TryLockAsync(write, cancellationToken);
        if (last is not { } lastClosed)
            return (0, call.Floor);
        var floor = call.Floor.On(primary);
        var events = await ReadAsync(write, floor.EventId, call.Limit, cancellationToken);
        if (events.Count > 0)
            await DispatchAsync(write, events, call.Matches, cancellationToken);
        return (
            events.Count,
            floor.MoveTo(events.Count < call.Limit
                ? lastClosed
                : Math.Min(lastClosed, events[^1].Position.Number)));
    }

    private static async Task<(long? LastClosed, ClusterIdentity Primary)> TryLockAsync(
        WriteTransaction write, CancellationToken cancellationToken)
    {
        await using var locking = write.CreateCommand(TryLock);
        await using var row = await locking.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return (
            await row.IsDBNullAsync(0, cancellationToken) ? null : row.GetInt64(0),
            ClusterIdentity.Read(row, 1));
    }

    private static async Task DispatchAsync(
        WriteTransaction write,
        List<StoredEvent> events,
        Func<Webhook, StoredEvent, bool> matches,
        CancellationToken cancellationToken)
    {
        await using var lockWebhooks = write.CreateCommand(LockWebhooks);
        var webhooks = await PostgresWebhookStore.ReadAsync(lockWebhooks, cancellationToken);
        await InsertAsync(
            write,
            [
                .. from stored in events
                   from webhook in webhooks
                   where matches(webhook, stored)
                   select (webhook.Id, stored),
            ],
            cancellationToken);
        await using var update = PostgresEventTransactions.CreateCommand(write, SetDispatched);
        update.BindColumn(events, stored => stored.Position.Time);
        update.BindColumn(events, stored => stored.Position.Number);
        await update.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<List<StoredEvent>> ReadAsync(
        WriteTransaction write, long after, int limit, CancellationToken cancellationToken)
    {
        await using var select = PostgresEventTransactions.CreateCommand(write, SelectUndispatched);
        select.Bind(after);
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

    /// <summary>The update locks the row, even if it changes nothing.</summary>
    private const string InsertLines =
        """
        INSERT INTO delivery_line AS l (webhook_id, line, due_at, first_event)
        SELECT n.webhook_id, n.line, clock_timestamp(), n.first_event
        FROM unnest($1::text[], $2::text[], $3::bigint[]) AS n(webhook_id, line, first_event)
        ORDER BY n.webhook_id COLLATE "C", n.line COLLATE "C"
        ON CONFLICT (webhook_id, line) DO UPDATE SET first_event = least(l.first_event, excluded.first_event)
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
        var lines = deliveries
            .GroupBy(
                delivery => (delivery.WebhookId, Line: DeliveryLine.Of(delivery.Event)),
                delivery => delivery.Event.Position.Number)
            .ToList();
        upsert.BindColumn(lines, line => line.Key.WebhookId);
        upsert.BindColumn(lines, line => line.Key.Line);
        upsert.BindColumn(lines, line => line.Min());
        await upsert.ExecuteNonQueryAsync(cancellationToken);
    }
}

/// <summary>Where a dispatch begins to search: all events up to here are dispatched.</summary>
/// <remarks>
/// <para>
/// PostgreSQL cannot remove index entries of dispatched events while an old snapshot is in use, for example
/// of a backup. Without a floor, each search would read all of them.
/// </para>
/// <para>
/// The floor is the number of an event at or before the horizon, or a smaller one. No event with a smaller
/// number appears later: a transaction takes the numbers of its events after it has locked the horizon. So a
/// transaction that a snapshot does not show has locked the horizon after the last beat of the snapshot, and
/// has larger numbers than all transactions that ended before this beat.
/// </para>
/// </remarks>
/// <param name="Primary">
/// The primary of the dispatches. Another primary may have lost the last ones, and begins with 0.
/// </param>
/// <param name="EventId">The number of the event.</param>
internal sealed record DispatchFloor(ClusterIdentity Primary, long EventId)
{
    public static readonly DispatchFloor None = new(default, 0);

    /// <summary>Returns the floor for a search on a primary.</summary>
    public DispatchFloor On(ClusterIdentity primary) =>
        primary == Primary && primary.Timeline > 0 ? this : new(primary, 0);

    public DispatchFloor MoveTo(long eventId) => this with { EventId = Math.Max(EventId, eventId) };
}
