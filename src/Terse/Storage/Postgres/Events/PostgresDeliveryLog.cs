using Npgsql;
using Terse.Events;
using Terse.Horizon;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="IDeliveryLog"/>
internal sealed class PostgresDeliveryLog(PostgresEventTransactions transactions) : IDeliveryLog
{
    /// <summary>
    /// The newest deliveries of a page. The number of the state is part of the text, so that PostgreSQL can
    /// use the partial index on dead deliveries.
    /// </summary>
    private static string SelectPage(string state) =>
        $"""
        SELECT (extract(epoch FROM d.event_at) * 1000000)::bigint, d.event_id, e.type, e.subject, d.state,
            d.attempts, d.tried_at, d.status, d.latency_ms, d.response,
            CASE WHEN d.state = 0 THEN (
                SELECT l.due_at FROM delivery_line AS l
                WHERE l.webhook_id = d.webhook_id AND l.line = d.line AND NOT EXISTS (
                    SELECT FROM delivery AS o
                    WHERE o.webhook_id = d.webhook_id AND o.line = d.line AND o.state = 0
                        AND o.event_id BETWEEN l.first_event AND d.event_id - 1)) END
        FROM (
            SELECT * FROM delivery
            WHERE {Selected} AND (event_at, event_id) < ($6, $7) {state}
            ORDER BY event_at DESC, event_id DESC LIMIT $8) AS d
            CROSS JOIN LATERAL (
                SELECT type, subject FROM event WHERE at = d.event_at AND id = d.event_id LIMIT 1) AS e
        ORDER BY d.event_at DESC, d.event_id DESC
        """;

    /// <summary>The condition of a query without its state, with the parameters $1 to $5.</summary>
    private const string Selected =
        """
        webhook_id = $1 AND event_at >= $2 AND event_at < $3
            AND ($4 IS NULL OR (event_at = $4 AND event_id = $5))
        """;

    private static readonly string SelectAll = SelectPage("");

    private static readonly string[] SelectInState =
        [SelectPage("AND state = 0"), SelectPage("AND state = 1"), SelectPage("AND state = 2")];

    /// <inheritdoc/>
    public Task<IReadOnlyList<Delivery>> ListAsync(
        DeliveryQuery query, EventPosition? before, int limit, CancellationToken cancellationToken) =>
        transactions.ReadAsync(Freshness.Latest, (query, before, limit), ListAsync, cancellationToken);

    private static async Task<IReadOnlyList<Delivery>> ListAsync(
        ReadTransaction read,
        (DeliveryQuery Query, EventPosition? Before, int Limit) page,
        CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(
            page.Query.State is { } state ? SelectInState[(int)state] : SelectAll);
        BindQuery(select, page.Query);
        select.Bind(page.Before?.Time ?? End);
        select.Bind(page.Before?.Number ?? 0);
        select.Bind(page.Limit);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var deliveries = new List<Delivery>();
        while (await row.ReadAsync(cancellationToken))
            deliveries.Add(ReadDelivery(row, page.Query.WebhookId));
        return deliveries;
    }

    private static Delivery ReadDelivery(NpgsqlDataReader row, string webhookId) => new(
        new(row.GetInt64(0), row.GetInt64(1)),
        row.GetString(2),
        row.GetString(3),
        webhookId,
        (DeliveryState)row.GetInt16(4),
        row.GetInt32(5),
        PostgresEventRows.ReadTime(row, 6) is { } triedAt
            ? new(
                triedAt,
                row.IsDBNull(7) ? null : row.GetInt32(7),
                TimeSpan.FromMilliseconds(row.GetInt32(8)),
                row.GetString(9))
            : null,
        PostgresEventRows.ReadTime(row, 10));

    /// <summary>A time after all events, as in the audit.</summary>
    private static readonly DateTimeOffset End = DateTimeOffset.UnixEpoch.AddYears(8000);

    private static void BindQuery(NpgsqlCommand command, DeliveryQuery query)
    {
        command.Bind(query.WebhookId);
        command.Bind(query.From?.ToUniversalTime() ?? DateTimeOffset.UnixEpoch);
        command.Bind(query.Until?.ToUniversalTime() ?? End);
        command.Bind(query.Event?.Time);
        command.Bind(query.Event?.Number ?? 0);
    }

    /// <summary>An ended webhook gets nothing, until it is resumed.</summary>
    private const string LockWebhook = "SELECT id FROM webhook WHERE id = $1 AND state <> 2 FOR SHARE";

    private const string Replay =
        $"""
        UPDATE delivery AS d SET state = 0, attempts = 0, tried_at = NULL, status = NULL, latency_ms = NULL,
            response = NULL
        FROM (
            SELECT event_at, event_id FROM delivery
            WHERE {Selected} AND state = ANY ($6)
                AND ($8 IS NULL OR tried_at IS NULL OR tried_at < $8)
            ORDER BY event_at, event_id LIMIT $7 FOR UPDATE) AS r
        WHERE d.webhook_id = $1 AND d.event_at = r.event_at AND d.event_id = r.event_id
        RETURNING d.line, d.event_id
        """;

    /// <summary>
    /// A line that a server holds stays with this server; any other is due at once, even if it waits for a
    /// retry of a later event.
    /// </summary>
    private const string MakeDue =
        """
        INSERT INTO delivery_line AS l (webhook_id, line, due_at, first_event)
        SELECT $1, line, clock_timestamp(), first_event
        FROM unnest($2::text[], $3::bigint[]) AS n(line, first_event) ORDER BY line COLLATE "C"
        ON CONFLICT (webhook_id, line) DO UPDATE
        SET due_at = CASE WHEN l.lease IS NULL THEN least(l.due_at, excluded.due_at) ELSE l.due_at END,
            first_event = least(l.first_event, excluded.first_event)
        """;

    /// <inheritdoc/>
    public Task<int> ReplayAsync(DeliveryQuery query, int limit, CancellationToken cancellationToken) =>
        transactions.WriteAsync((query, limit), ReplayAsync, cancellationToken);

    private static async Task<int> ReplayAsync(
        WriteTransaction write, (DeliveryQuery Query, int Limit) call, CancellationToken cancellationToken)
    {
        var (query, limit) = call;
        await using (var locking = write.CreateCommand(LockWebhook))
        {
            locking.Bind(query.WebhookId);
            if (await locking.ExecuteScalarAsync(cancellationToken) is null)
                return 0;
        }

        var deliveries = await ReplayAsync(write, query, limit, cancellationToken);
        if (deliveries.Count == 0)
            return 0;
        var lines = deliveries
            .GroupBy(delivery => delivery.Line, delivery => delivery.EventId, StringComparer.Ordinal)
            .ToList();
        await using var upsert = PostgresEventTransactions.CreateCommand(write, MakeDue);
        upsert.Bind(query.WebhookId);
        upsert.BindColumn(lines, line => line.Key);
        upsert.BindColumn(lines, line => line.Min());
        await upsert.ExecuteNonQueryAsync(cancellationToken);
        return deliveries.Count;
    }

    /// <summary>Returns the deliveries that wait again.</summary>
    private static async Task<List<(string Line, long EventId)>> ReplayAsync(
        WriteTransaction write, DeliveryQuery query, int limit, CancellationToken cancellationToken)
    {
        await using var update = PostgresEventTransactions.CreateCommand(write, Replay);
        BindQuery(update, query);
        short[] states = query.State switch
        {
            null => [(short)DeliveryState.Delivered, (short)DeliveryState.Dead],
            DeliveryState.Waiting => [],
            { } state => [(short)state],
        };
        update.Bind(states);
        update.Bind(limit);
        update.Bind(query.TriedBefore?.ToUniversalTime());
        await using var row = await update.ExecuteReaderAsync(cancellationToken);
        var deliveries = new List<(string, long)>();
        while (await row.ReadAsync(cancellationToken))
            deliveries.Add((row.GetString(0), row.GetInt64(1)));
        return deliveries;
    }

    /// <summary>The last column reads the oldest due line of each webhook to which lines are sent.</summary>
    private const string SelectCounts =
        """
        SELECT (SELECT count(*) FROM (SELECT FROM event WHERE is_undispatched LIMIT 1000000) AS e),
            (SELECT count(*) FROM (SELECT FROM delivery WHERE state = 0 LIMIT 1000000) AS w),
            (SELECT count(*) FROM (SELECT FROM delivery WHERE state = 2 LIMIT 1000000) AS d),
            clock_timestamp() - (
                SELECT min(l.due_at) FROM webhook CROSS JOIN LATERAL (
                    SELECT due_at FROM delivery_line WHERE webhook_id = webhook.id
                    ORDER BY due_at LIMIT 1) AS l
                WHERE webhook.state = 0 AND l.due_at <= clock_timestamp())
        """;

    /// <inheritdoc/>
    public Task<DeliveryCounts> CountAsync(CancellationToken cancellationToken) =>
        transactions.ReadAsync(Freshness.Latest, 0, static async (read, _, token) =>
        {
            await using var select = read.CreateCommand(SelectCounts);
            await using var row = await select.ExecuteReaderAsync(token);
            await row.ReadAsync(token);
            return ReadCounts(row);
        }, cancellationToken);

    private static DeliveryCounts ReadCounts(NpgsqlDataReader row) => new(
        row.GetInt64(0),
        row.GetInt64(1),
        row.GetInt64(2),
        row.IsDBNull(3) ? null : row.GetFieldValue<TimeSpan>(3));
}
