using System.Globalization;
using Microsoft.Data.Sqlite;
using Terse.Events;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="IDeliveryLog"/>
/// <remarks>
/// The index of deliveries begins with webhook and state, so each state is read on its own.
/// </remarks>
internal sealed class SqliteDeliveryLog(SqliteWriter writer, SqliteReaders readers) : IDeliveryLog
{
    /// <summary>The number of deliveries that one transaction replays.</summary>
    private const int MaxPart = 500;

    private static readonly DeliveryState[] AllStates = Enum.GetValues<DeliveryState>();

    private const string Conditions =
        """
        d.webhook_id = ?1 AND d.state = ?2 AND d.event_at >= ?3 AND d.event_at < ?4
            AND (?5 IS NULL OR d.event_id = ?5)
        """;

    private const string SelectPage =
        $"""
        SELECT d.event_at, d.event_id, e.type, e.subject, d.attempts, d.tried_at, d.status, d.latency_ms,
            d.response,
            CASE WHEN d.state = 0 AND NOT EXISTS (
                SELECT 1 FROM delivery AS p INDEXED BY delivery_waiting
                WHERE p.webhook_id = d.webhook_id AND p.line = d.line AND p.state = 0
                    AND (p.event_at, p.event_id) < (d.event_at, d.event_id))
            THEN (SELECT due_at FROM delivery_line AS l WHERE l.webhook_id = d.webhook_id AND l.line = d.line)
            END
        FROM delivery AS d CROSS JOIN event AS e ON e.at = d.event_at AND e.id = d.event_id
        WHERE {Conditions} AND (d.event_at, d.event_id) < (?6, ?7)
        ORDER BY d.event_at DESC, d.event_id DESC LIMIT ?8
        """;

    /// <inheritdoc/>
    public Task<IReadOnlyList<Delivery>> ListAsync(
        DeliveryQuery query, EventPosition? before, int limit, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(List, (query, before ?? EventPosition.EndOf(long.MaxValue), limit)));

    private static IReadOnlyList<Delivery> List(
        SqliteSession session, (DeliveryQuery Query, EventPosition Before, int Limit) page)
    {
        var deliveries = new List<Delivery>();
        foreach (var state in StatesOf(page.Query))
        {
            var (from, until, id) = RangeOf(page.Query);
            using var row = session.Command(
                SelectPage,
                page.Query.WebhookId,
                (long)state,
                from,
                until,
                id,
                page.Before.At,
                page.Before.Number,
                page.Limit).ExecuteReader();
            while (row.Read())
                deliveries.Add(ReadDelivery(row, page.Query.WebhookId, state));
        }

        return [.. deliveries.OrderByDescending(delivery => delivery.Event).Take(page.Limit)];
    }

    private static DeliveryState[] StatesOf(DeliveryQuery query) =>
        query.State is { } state ? [state] : AllStates;

    /// <summary>The times from which and until which events are, and the number of the only one.</summary>
    private static (long From, long Until, long? Id) RangeOf(DeliveryQuery query)
    {
        var (from, until) = (Microseconds(query.From) ?? 0, Microseconds(query.Until) ?? long.MaxValue);
        return query.Event is { } position
            ? (Math.Max(from, position.At), Math.Min(until, position.At + 1), position.Number)
            : (from, until, null);
    }

    /// <summary>Rounds up, so that the comparison is exact.</summary>
    private static long? Microseconds(DateTimeOffset? time) => time is { } instant
        ? ((instant - DateTimeOffset.UnixEpoch).Ticks + TimeSpan.TicksPerMicrosecond - 1)
            / TimeSpan.TicksPerMicrosecond
        : null;

    private static Delivery ReadDelivery(SqliteDataReader row, string webhook, DeliveryState state) => new(
        new(row.GetInt64(0), row.GetInt64(1)),
        row.GetString(2),
        row.GetString(3),
        webhook,
        state,
        row.GetInt32(4),
        row.IsDBNull(5) ? null : new(
            DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(5)),
            row.IsDBNull(6) ? null : row.GetInt32(6),
            TimeSpan.FromMilliseconds(row.GetInt64(7)),
            row.GetString(8)),
        row.IsDBNull(9) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(9)));

    /// <inheritdoc/>
    public async Task<int> ReplayAsync(DeliveryQuery query, int limit, CancellationToken cancellationToken)
    {
        var count = 0;
        while (count < limit)
        {
            var size = Math.Min(MaxPart, limit - count);
            var part = await writer.RunAsync(session => Replay(session, query, size), cancellationToken);
            count += part;
            if (part < size)
                break;
        }

        return count;
    }

    private const string SelectOldest =
        $"""
        SELECT d.event_at, d.event_id, d.line FROM delivery AS d
        WHERE {Conditions} AND (?7 IS NULL OR d.tried_at IS NULL OR d.tried_at < ?7)
            AND EXISTS (SELECT 1 FROM webhook WHERE id = ?1 AND state <> 2)
        ORDER BY d.event_at, d.event_id LIMIT ?6
        """;

    private const string MakeWait =
        """
        UPDATE delivery SET state = 0, attempts = 0, tried_at = NULL, status = NULL, latency_ms = NULL,
            response = NULL
        WHERE event_at = ?1 AND event_id = ?2 AND webhook_id = ?3
        """;

    private static int Replay(SqliteSession session, DeliveryQuery query, int limit)
    {
        var (from, until, id) = RangeOf(query);
        var found = new List<(EventPosition Event, string Line)>();
        foreach (var state in StatesOf(query).Where(state => state != DeliveryState.Waiting))
        {
            using var row = session.Command(
                SelectOldest,
                query.WebhookId,
                (long)state,
                from,
                until,
                id,
                limit,
                query.TriedBefore?.ToUnixTimeMilliseconds()).ExecuteReader();
            while (row.Read())
                found.Add((new(row.GetInt64(0), row.GetInt64(1)), row.GetString(2)));
        }

        var replayed = found.OrderBy(delivery => delivery.Event).Take(limit).ToList();
        foreach (var (position, line) in replayed)
        {
            session.Rows(MakeWait).With(position.At).With(position.Number).With(query.WebhookId).Run();
            SqliteDispatch.AddLine(session, query.WebhookId, line);
        }

        return replayed.Count;
    }

    private const int MaxCounted = 1_000_000;

    private static readonly string SelectCounts = string.Create(
        CultureInfo.InvariantCulture,
        $"""
        SELECT (SELECT count(*) FROM (SELECT 1 FROM event WHERE is_undispatched = 1 LIMIT {MaxCounted})),
            (SELECT count(*) FROM (
                SELECT 1 FROM webhook AS w CROSS JOIN delivery AS d ON d.webhook_id = w.id AND d.state = 0
                LIMIT {MaxCounted})),
            (SELECT count(*) FROM (
                SELECT 1 FROM webhook AS w CROSS JOIN delivery AS d ON d.webhook_id = w.id AND d.state = 2
                LIMIT {MaxCounted})),
            (SELECT min((SELECT min(due_at) FROM delivery_line WHERE webhook_id = w.id))
                FROM webhook AS w WHERE w.state = 0)
        """);

    /// <inheritdoc/>
    public Task<DeliveryCounts> CountAsync(CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(Count, SelectCounts));

    private static DeliveryCounts Count(SqliteSession session, string sql)
    {
        var now = SqliteDeliveryQueue.Now(session);
        using var row = session.Command(sql).ExecuteReader();
        row.Read();
        var due = row.IsDBNull(3) || row.GetInt64(3) > now ? null : (long?)row.GetInt64(3);
        return new(
            row.GetInt64(0),
            row.GetInt64(1),
            row.GetInt64(2),
            due is { } oldest ? TimeSpan.FromMilliseconds(now - oldest) : null);
    }
}
