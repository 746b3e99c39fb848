using Npgsql;
using Terse.Events;
using Terse.Horizon;
using LineFloors = System.Collections.Generic.Dictionary<string, System.DateTimeOffset>;

namespace Terse.Storage.Postgres;

/// <summary>Takes lines, and gives them back (<see cref="PostgresDeliveryQueue"/>).</summary>
internal static class PostgresDeliveryLines
{
    private const string SetLease =
        """
        UPDATE delivery_line AS l SET due_at = clock_timestamp() + $3, lease = gen_random_uuid()
        FROM unnest($1::text[], $2::text[]) AS t(webhook_id, line)
        WHERE l.webhook_id = t.webhook_id AND l.line = t.line
        RETURNING l.webhook_id, l.line, l.lease, l.first_event
        """;

    private const string SelectWebhooks =
        $"SELECT {PostgresWebhookStore.Columns}, clock_timestamp() FROM webhook WHERE id = ANY ($1)";

    private const string SelectWaiting =
        $"""
        SELECT t.number, d.attempts, {PostgresEventRows.Columns}
        FROM unnest($1::text[], $2::text[], $3::bigint[]) WITH ORDINALITY
                AS t(webhook_id, line, first_event, number)
            CROSS JOIN LATERAL (
                SELECT event_at, event_id, attempts FROM delivery
                WHERE webhook_id = t.webhook_id AND line = t.line AND state = 0 AND event_id >= t.first_event
                ORDER BY event_id LIMIT $4) AS d
            CROSS JOIN LATERAL (
                SELECT * FROM event WHERE at = d.event_at AND id = d.event_id LIMIT 1) AS e
        {PostgresEventRows.JoinAudit}
        ORDER BY t.number, d.event_id
        """;

    /// <remarks>
    /// A line without waiting deliveries is deleted: their partition was dropped, because they waited longer
    /// than the retention time.
    /// </remarks>
    /// <returns>The lines, and the new floors of the webhooks.</returns>
    public static async Task<(IReadOnlyList<TakenLine> Lines, LineFloors Floors)> TakeAsync(
        WriteTransaction write,
        (TakeRequest Request, LineFloors Floors) call,
        CancellationToken cancellationToken)
    {
        var (due, floors) = await PostgresDueLines.LockAsync(
            write, call.Request, call.Floors, cancellationToken);
        return (due.Count > 0 ? await TakeAsync(write, call.Request, due, cancellationToken) : [], floors);
    }

    private static async Task<IReadOnlyList<TakenLine>> TakeAsync(
        WriteTransaction write,
        TakeRequest request,
        IReadOnlyList<HeldLine> due,
        CancellationToken cancellationToken)
    {
        await PostgresEventTransactions.UseIndexesAsync(write, cancellationToken);
        var lines = await SetLeaseAsync(write, due, request.Lease, cancellationToken);
        var webhooks = await ReadWebhooksAsync(write, lines, request.Now, cancellationToken);
        var waiting = await ReadWaitingAsync(write, lines, request.MaxOfLine, cancellationToken);
        if (lines.Where((_, index) => waiting[index].Count == 0).ToList() is { Count: > 0 } empty)
            await DeleteEmptyAsync(write, empty, cancellationToken);
        return
        [
            .. from item in lines.Zip(waiting)
               let line = item.First
               where item.Second.Count > 0
                   && webhooks.TryGetValue(line.WebhookId, out var webhook)
                   && webhook.State == WebhookState.Active
               select new TakenLine(webhooks[line.WebhookId], line.Line, line.Lease, item.Second),
        ];
    }

    private static async Task<List<HeldLine>> SetLeaseAsync(
        WriteTransaction write,
        IReadOnlyList<HeldLine> due,
        TimeSpan lease,
        CancellationToken cancellationToken)
    {
        await using var update = write.CreateCommand(SetLease);
        BindLines(update, due);
        update.Bind(lease);
        await using var row = await update.ExecuteReaderAsync(cancellationToken);
        var lines = new List<HeldLine>();
        while (await row.ReadAsync(cancellationToken))
        {
            lines.Add(new(row.GetString(0), row.GetString(1))
            {
                Lease = row.GetGuid(2),
                FirstEvent = row.GetInt64(3),
            });
        }

        return lines;
    }

    private static async Task<Dictionary<string, Webhook>> ReadWebhooksAsync(
        WriteTransaction write,
        List<HeldLine> lines,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        await using var select = write.CreateCommand(SelectWebhooks);
        select.Bind(lines.Select(line => line.WebhookId).Distinct(StringComparer.Ordinal).ToArray());
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var webhooks = new Dictionary<string, Webhook>(StringComparer.Ordinal);
        while (await row.ReadAsync(cancellationToken))
        {
            var webhook = PostgresWebhookStore.ReadWebhook(row);
            var stored = await row.GetFieldValueAsync<DateTimeOffset>(12, cancellationToken);
            webhooks.Add(webhook.Id, webhook with { Health = webhook.Health.MovedBy(now - stored) });
        }

        return webhooks;
    }

    private static async Task<List<WaitingDelivery>[]> ReadWaitingAsync(
        WriteTransaction write, List<HeldLine> lines, int maxOfLine, CancellationToken cancellationToken)
    {
        await using var select = write.CreateCommand(SelectWaiting);
        BindLines(select, lines);
        select.BindColumn(lines, line => line.FirstEvent);
        select.Bind(maxOfLine);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var waiting = lines.Select(_ => new List<WaitingDelivery>()).ToArray();
        while (await row.ReadAsync(cancellationToken))
            waiting[row.GetInt64(0) - 1].Add(new(PostgresEventRows.Read(row, 2), row.GetInt32(1)));
        return waiting;
    }

    /// <summary>Locks the lines that still have the lease, in order.</summary>
    private const string LockHeld =
        """
        SELECT f.number
        FROM unnest($1::text[], $2::text[], $3::uuid[]) WITH ORDINALITY AS f(webhook_id, line, lease, number)
            JOIN delivery_line AS l USING (webhook_id, line)
        WHERE l.lease = f.lease
        ORDER BY l.webhook_id, l.line FOR UPDATE OF l
        """;

    /// <summary>
    /// The sum makes PostgreSQL look up each delivery by its key, not in the index of waiting deliveries.
    /// </summary>
    private const string StoreOutcomes =
        """
        UPDATE delivery AS d SET state = o.state, attempts = d.attempts + 1, tried_at = o.tried_at,
            status = o.status, latency_ms = o.latency_ms, response = o.response
        FROM unnest($1::text[], $2::timestamptz[], $3::bigint[], $4::smallint[], $5::timestamptz[],
            $6::integer[], $7::integer[], $8::text[])
            AS o(webhook_id, event_at, event_id, state, tried_at, status, latency_ms, response)
        WHERE d.webhook_id = o.webhook_id AND d.event_at = o.event_at AND d.event_id = o.event_id
            AND d.state + 0 = 0
        """;

    /// <summary>
    /// The limit makes PostgreSQL look up the first delivery of each line. With EXISTS, it would join all
    /// deliveries of the webhook.
    /// </summary>
    private const string DeleteEmpty =
        """
        DELETE FROM delivery_line AS l USING unnest($1::text[], $2::text[]) AS f(webhook_id, line)
        WHERE l.webhook_id = f.webhook_id AND l.line = f.line AND (
            SELECT event_id FROM delivery AS d
            WHERE d.webhook_id = l.webhook_id AND d.line = l.line AND d.state = 0
                AND d.event_id >= l.first_event
            ORDER BY event_id LIMIT 1) IS NULL
        """;

    private const string GiveBack =
        """
        UPDATE delivery_line AS l SET due_at = clock_timestamp() + f.retry_after, lease = NULL,
            first_event = coalesce((
                SELECT event_id FROM delivery AS d
                WHERE d.webhook_id = l.webhook_id AND d.line = l.line AND d.state = 0
                    AND d.event_id >= l.first_event
                ORDER BY event_id LIMIT 1), l.first_event)
        FROM unnest($1::text[], $2::text[], $3::interval[]) AS f(webhook_id, line, retry_after)
        WHERE l.webhook_id = f.webhook_id AND l.line = f.line
        """;

    /// <returns>How many of the lines still had their lease.</returns>
    public static async Task<int> FinishAsync(
        WriteTransaction write, IReadOnlyList<FinishedLine> lines, CancellationToken cancellationToken)
    {
        await PostgresEventTransactions.UseIndexesAsync(write, cancellationToken);
        var held = await LockHeldAsync(write, lines, cancellationToken);
        if (held.Count == 0)
            return 0;
        var outcomes = held.SelectMany(line => line.Outcomes, (line, outcome) => (line.WebhookId, outcome));
        await StoreOutcomesAsync(write, [.. outcomes], cancellationToken);
        await DeleteEmptyAsync(
            write,
            [.. held.Select(line => new HeldLine(line.WebhookId, line.Line))],
            cancellationToken);
        await using var update = write.CreateCommand(GiveBack);
        update.BindColumn(held, line => line.WebhookId);
        update.BindColumn(held, line => line.Line);
        update.BindColumn(held, line => line.RetryAfter);
        await update.ExecuteNonQueryAsync(cancellationToken);
        return held.Count;
    }

    private static async Task<List<FinishedLine>> LockHeldAsync(
        WriteTransaction write, IReadOnlyList<FinishedLine> lines, CancellationToken cancellationToken)
    {
        await using var locking = write.CreateCommand(LockHeld);
        locking.BindColumn(lines, line => line.WebhookId);
        locking.BindColumn(lines, line => line.Line);
        locking.BindColumn(lines, line => line.Lease);
        await using var row = await locking.ExecuteReaderAsync(cancellationToken);
        var held = new List<FinishedLine>();
        while (await row.ReadAsync(cancellationToken))
            held.Add(lines[(int)row.GetInt64(0) - 1]);
        return held;
    }

    private static async Task StoreOutcomesAsync(
        WriteTransaction write,
        List<(string WebhookId, DeliveryOutcome Outcome)> outcomes,
        CancellationToken cancellationToken)
    {
        await using var update = write.CreateCommand(StoreOutcomes);
        update.BindColumn(outcomes, item => item.WebhookId);
        update.BindColumn(outcomes, item => item.Outcome.Event.Time);
        update.BindColumn(outcomes, item => item.Outcome.Event.Number);
        update.BindColumn(outcomes, item => (short)item.Outcome.State);
        update.BindColumn(outcomes, item => item.Outcome.Attempt.At.ToUniversalTime());
        update.BindColumn(outcomes, item => item.Outcome.Attempt.Status);
        update.BindColumn(outcomes, item => (int)item.Outcome.Attempt.Latency.TotalMilliseconds);
        update.BindColumn(outcomes, item => item.Outcome.Attempt.Response);
        await update.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Deletes those of the locked lines that have no waiting deliveries.</summary>
    private static async Task DeleteEmptyAsync(
        WriteTransaction write, List<HeldLine> lines, CancellationToken cancellationToken)
    {
        await using var delete = write.CreateCommand(DeleteEmpty);
        BindLines(delete, lines);
        await delete.ExecuteNonQueryAsync(cancellationToken);
    }

    private static void BindLines(NpgsqlCommand command, IReadOnlyList<HeldLine> lines)
    {
        command.BindColumn(lines, line => line.WebhookId);
        command.BindColumn(lines, line => line.Line);
    }
}
