using Terse.Events;
using Terse.Horizon;
using LineFloors = System.Collections.Generic.Dictionary<string, System.DateTimeOffset>;

namespace Terse.Storage.Postgres;

/// <summary>
/// Finds and locks the lines that are due (<see cref="PostgresDeliveryLines"/>), and moves the floors from
/// which the next search begins (<see cref="PostgresLineFloors"/>).
/// </summary>
internal static class PostgresDueLines
{
    /// <summary>
    /// Returns the present time, and when the oldest transaction began that has written something. Makes
    /// PostgreSQL find lines in their order.
    /// </summary>
    private const string Begin =
        """
        SELECT clock_timestamp(), (
                SELECT min(xact_start) FROM pg_stat_activity
                WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()),
            set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
            set_config('jit', 'off', true)
        """;

    /// <summary>Returns the active webhooks, and when the first due line of each became due.</summary>
    private const string SelectFirst =
        """
        SELECT w.id, l.due_at
        FROM webhook AS w LEFT JOIN unnest($1::text[], $2::timestamptz[]) AS f(id, floor) ON f.id = w.id
            LEFT JOIN LATERAL (
                SELECT due_at FROM delivery_line
                WHERE webhook_id = w.id AND due_at >= coalesce(f.floor, '-infinity') AND due_at <= $3
                ORDER BY due_at LIMIT 1) AS l ON true
        WHERE w.state = 0
        """;

    /// <summary>
    /// Locks lines that are due. The webhooks are in random order, so that no webhook always comes first.
    /// Rows that other transactions have locked are skipped.
    /// </summary>
    private const string LockDue =
        """
        WITH clock AS MATERIALIZED (
            SELECT clock_timestamp() AS now
        ), free AS MATERIALIZED (
            SELECT w.id, f.first_due_at, $4 - f.used AS slots
            FROM clock CROSS JOIN unnest($1::text[], $2::timestamptz[], $3::integer[])
                    AS f(id, first_due_at, used)
                JOIN webhook AS w ON w.id = f.id
            WHERE w.state = 0 AND (w.slowed_until IS NULL OR w.slowed_until <= clock.now) AND f.used < $4
            ORDER BY random()
        )
        SELECT l.webhook_id, l.line
        FROM clock CROSS JOIN free CROSS JOIN LATERAL (
            SELECT webhook_id, line FROM delivery_line
            WHERE webhook_id = free.id AND due_at >= free.first_due_at AND due_at <= clock.now
            ORDER BY due_at LIMIT free.slots FOR UPDATE SKIP LOCKED) AS l
        LIMIT $5
        """;

    /// <summary>Locks lines that are due.</summary>
    /// <returns>The lines, and the new floors.</returns>
    public static async Task<(IReadOnlyList<HeldLine> Lines, LineFloors Floors)> LockAsync(
        WriteTransaction write, TakeRequest request, LineFloors floors, CancellationToken cancellationToken)
    {
        var (now, oldest) = await BeginAsync(write, cancellationToken);
        var due = await FindFirstAsync(write, floors, now, cancellationToken);
        var next = due.ToDictionary(
            webhook => webhook.Key,
            webhook => Earlier(webhook.Value, Earlier(oldest, now)),
            StringComparer.Ordinal);
        return (await LockDueAsync(write, request, due, cancellationToken), next);
    }

    private static DateTimeOffset Earlier(DateTimeOffset? one, DateTimeOffset other) =>
        one < other ? one.Value : other;

    private static async Task<(DateTimeOffset Now, DateTimeOffset? Oldest)> BeginAsync(
        WriteTransaction write, CancellationToken cancellationToken)
    {
        await using var begin = write.CreateCommand(Begin);
        await using var row = await begin.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return (
            await row.GetFieldValueAsync<DateTimeOffset>(0, cancellationToken),
            PostgresEventRows.ReadTime(row, 1));
    }

    /// <returns>When the first line of each active webhook became due; null if none is due.</returns>
    private static async Task<Dictionary<string, DateTimeOffset?>> FindFirstAsync(
        WriteTransaction write, LineFloors floors, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var select = write.CreateCommand(SelectFirst);
        select.BindColumn(floors, floor => floor.Key);
        select.BindColumn(floors, floor => floor.Value);
        select.Bind(now);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var first = new Dictionary<string, DateTimeOffset?>(StringComparer.Ordinal);
        while (await row.ReadAsync(cancellationToken))
            first.Add(row.GetString(0), PostgresEventRows.ReadTime(row, 1));
        return first;
    }

    private static async Task<IReadOnlyList<HeldLine>> LockDueAsync(
        WriteTransaction write,
        TakeRequest request,
        Dictionary<string, DateTimeOffset?> first,
        CancellationToken cancellationToken)
    {
        var due = first.Where(webhook => webhook.Value is not null).ToList();
        if (due.Count == 0)
            return [];
        await using var locking = write.CreateCommand(LockDue);
        locking.BindColumn(due, webhook => webhook.Key);
        locking.BindColumn(due, webhook => webhook.Value);
        locking.BindColumn(due, webhook => request.InFlight.GetValueOrDefault(webhook.Key));
        locking.Bind(request.MaxOfWebhook);
        locking.Bind(request.MaxLines);
        await using var row = await locking.ExecuteReaderAsync(cancellationToken);
        var lines = new List<HeldLine>();
        while (await row.ReadAsync(cancellationToken))
            lines.Add(new(row.GetString(0), row.GetString(1)));
        return lines;
    }
}

/// <summary>A line whose row the transaction has locked.</summary>
/// <param name="WebhookId">The webhook.</param>
/// <param name="Line">The line.</param>
internal sealed record HeldLine(string WebhookId, string Line)
{
    public Guid Lease { get; init; }

    /// <summary>No waiting delivery of the line has an event with a smaller number.</summary>
    public long FirstEvent { get; init; }
}
