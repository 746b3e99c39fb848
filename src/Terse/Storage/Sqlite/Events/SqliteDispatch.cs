using Terse.Events;

namespace Terse.Storage.Sqlite;

/// <summary>
/// Creates the deliveries of new events. Filters are applied outside of the writer's thread: in one snapshot,
/// each event comes with all webhooks that were stored before it.
/// </summary>
internal sealed class SqliteDispatch(SqliteWriter writer, SqliteReaders readers)
{
    /// <summary>
    /// The number of events and deliveries of one transaction, which takes about 10 ms.
    /// </summary>
    private const int MaxRows = 500;

    private const string SelectWaiting =
        $"""
        SELECT {SqliteEventLog.Columns} FROM {SqliteEventLog.Tables}
        WHERE e.is_undispatched = 1 ORDER BY e.at, e.id LIMIT ?1
        """;

    /// <inheritdoc cref="IDeliveryQueue.DispatchAsync"/>
    public async Task<int> RunAsync(
        int limit, Func<Webhook, StoredEvent, bool> matches, CancellationToken cancellationToken)
    {
        var events = readers.Run(Read, (limit, matches));
        var (begin, count) = (0, 0);
        while (begin < events.Count)
        {
            var end = EndOfPart(events, begin);
            var part = events[begin..end];
            count += await writer.RunAsync(session => Add(session, part), cancellationToken);
            begin = end;
        }

        return count;
    }

    private static List<DispatchedEvent> Read(
        SqliteSession session, (int Limit, Func<Webhook, StoredEvent, bool> Matches) call)
    {
        session.Command("BEGIN").ExecuteNonQuery();
        var webhooks = SqliteWebhookStore.ReadOpen(session);
        var events = new List<DispatchedEvent>();
        using (var row = session.Command(SelectWaiting, call.Limit).ExecuteReader())
        {
            while (row.Read())
            {
                var stored = SqliteEventLog.ReadEvent(row);
                events.Add(new(
                    stored.Position,
                    DeliveryLine.Of(stored),
                    [
                        .. webhooks.Where(webhook => call.Matches(webhook, stored))
                            .Select(webhook => webhook.Id),
                    ]));
            }
        }

        session.Command("COMMIT").ExecuteNonQuery();
        return events;
    }

    private static int EndOfPart(List<DispatchedEvent> events, int begin)
    {
        var (end, rows) = (begin, 0);
        while (end < events.Count && rows < MaxRows)
            rows += 1 + events[end++].Webhooks.Count;
        return end;
    }

    private const string SetDispatched =
        "UPDATE event SET is_undispatched = 0 WHERE at = ?1 AND id = ?2 AND is_undispatched = 1";

    /// <summary>Skips the events that another process has dispatched meanwhile.</summary>
    private static int Add(SqliteSession session, List<DispatchedEvent> part)
    {
        var count = 0;
        foreach (var item in part)
        {
            var isWaiting = session.Command(SetDispatched, item.Position.At, item.Position.Number)
                .ExecuteNonQuery() == 1;
            if (!isWaiting)
                continue;
            AddDelivery(session, item);
            count++;
        }

        return count;
    }

    private const string InsertDelivery =
        """
        INSERT INTO delivery (event_at, event_id, webhook_id, line, state)
        SELECT ?1, ?2, ?3, ?4, 0 FROM webhook WHERE id = ?3 AND state <> 2
        """;

    private const string InsertLine =
        """
        INSERT INTO delivery_line (webhook_id, line, due_at)
        SELECT ?1, ?2, CAST(round(unixepoch('now', 'subsec') * 1000) AS INTEGER)
        FROM webhook WHERE id = ?1 AND state <> 2
        ON CONFLICT DO NOTHING
        """;

    /// <summary>
    /// Creates the deliveries of an event, inside the caller's transaction. A webhook may have ended
    /// meanwhile.
    /// </summary>
    public static void AddDelivery(SqliteSession session, DispatchedEvent item)
    {
        foreach (var webhook in item.Webhooks)
        {
            session.Rows(InsertDelivery)
                .With(item.Position.At).With(item.Position.Number).With(webhook).With(item.Line).Run();
            AddLine(session, webhook, item.Line);
        }
    }

    /// <summary>Makes a line due at once; a line that exists stays as it is.</summary>
    public static void AddLine(SqliteSession session, string webhook, string line) =>
        session.Rows(InsertLine).With(webhook).With(line).Run();
}

/// <param name="Position">The position of the event.</param>
/// <param name="Line">The line of the event.</param>
/// <param name="Webhooks">The ids of the webhooks to which the event is sent.</param>
internal sealed record DispatchedEvent(EventPosition Position, string Line, IReadOnlyList<string> Webhooks);
