using System.Security.Cryptography;
using Terse.Events;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="IDeliveryQueue"/>
/// <remarks>
/// Most calls find nothing to do. They only read, because creations of links use the same writer.
/// </remarks>
internal sealed class SqliteDeliveryQueue(SqliteWriter writer, SqliteReaders readers) : IDeliveryQueue
{
    private const string SelectNow = "SELECT CAST(round(unixepoch('now', 'subsec') * 1000) AS INTEGER)";

    /// <summary>The clock of the database, in milliseconds since 1970.</summary>
    public static long Now(SqliteSession session) => (long)session.Command(SelectNow).ExecuteScalar()!;

    /// <inheritdoc cref="Now"/>
    public static DateTimeOffset TimeOf(SqliteSession session) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Now(session));

    /// <inheritdoc/>
    public Task<int> DispatchAsync(
        int limit, Func<Webhook, StoredEvent, bool> matches, CancellationToken cancellationToken) =>
        new SqliteDispatch(writer, readers).RunAsync(limit, matches, cancellationToken);

    private const string SelectDue =
        """
        SELECT line, due_at FROM delivery_line WHERE webhook_id = ?1 AND due_at <= ?2
        ORDER BY due_at LIMIT ?3
        """;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TakenLine>> TakeAsync(
        TakeRequest request, CancellationToken cancellationToken)
    {
        var due = readers.Run(FindDue, request);
        if (due.Count == 0)
            return [];
        var taken = await writer.RunAsync(session => Take(session, due, request.Lease), cancellationToken);
        return readers.Run(ReadWaiting, (taken, request.MaxOfLine));
    }

    private static List<DueLine> FindDue(SqliteSession session, TakeRequest request)
    {
        var now = Now(session);
        var ahead = request.Now - DateTimeOffset.FromUnixTimeMilliseconds(now);
        var due = new List<DueLine>();
        foreach (var webhook in SqliteWebhookStore.ReadOpen(session))
        {
            var slots = request.MaxOfWebhook - request.InFlight.GetValueOrDefault(webhook.Id);
            if (slots <= 0
                || webhook.State != WebhookState.Active
                || webhook.Health.SlowedUntil?.ToUnixTimeMilliseconds() > now)
            {
                continue;
            }

            using var row = session.Command(
                SelectDue, webhook.Id, now, Math.Min(slots, request.MaxLines)).ExecuteReader();
            var taken = webhook with { Health = webhook.Health.MovedBy(ahead) };
            while (row.Read())
                due.Add(new(taken, row.GetString(0), row.GetInt64(1)));
        }

        return [.. due.OrderBy(line => line.DueAt).Take(request.MaxLines)];
    }

    private const string TakeLine =
        """
        UPDATE delivery_line SET due_at = ?4, lease = ?5
        WHERE webhook_id = ?1 AND line = ?2 AND due_at <= ?3
            AND EXISTS (SELECT 1 FROM webhook WHERE id = ?1 AND state = 0)
        """;

    private static List<(DueLine Line, Guid Lease)> Take(
        SqliteSession session, List<DueLine> due, TimeSpan lease)
    {
        var now = Now(session);
        var until = now + (long)lease.TotalMilliseconds;
        var taken = new List<(DueLine, Guid)>();
        foreach (var line in due)
        {
            var proof = new Guid(RandomNumberGenerator.GetBytes(16));
            if (session.Command(
                TakeLine, line.Webhook.Id, line.Line, now, until, BytesOf(proof)).ExecuteNonQuery() == 0)
            {
                continue;
            }

            if (!EndWithoutWaiting(session, line.Webhook.Id, line.Line))
                taken.Add((line, proof));
        }

        return taken;
    }

    /// <summary>Names the index, because SQLite cannot know that the other one finds far more rows.</summary>
    private const string DeleteEmpty =
        """
        DELETE FROM delivery_line
        WHERE webhook_id = ?1 AND line = ?2 AND NOT EXISTS (
            SELECT 1 FROM delivery INDEXED BY delivery_waiting
            WHERE webhook_id = ?1 AND line = ?2 AND state = 0)
        """;

    /// <summary>Removes a line if nothing waits in it, because it is done, or has expired.</summary>
    private static bool EndWithoutWaiting(SqliteSession session, string webhook, string line) =>
        session.Command(DeleteEmpty, webhook, line).ExecuteNonQuery() == 1;

    private const string SelectWaiting =
        $"""
        SELECT {SqliteEventLog.Columns}, d.attempts
        FROM delivery AS d INDEXED BY delivery_waiting CROSS JOIN {SqliteEventLog.Tables}
        WHERE d.webhook_id = ?1 AND d.line = ?2 AND d.state = 0 AND e.at = d.event_at AND e.id = d.event_id
        ORDER BY d.event_at, d.event_id LIMIT ?3
        """;

    private static List<TakenLine> ReadWaiting(
        SqliteSession session, (List<(DueLine Line, Guid Lease)> Taken, int MaxOfLine) call)
    {
        var lines = new List<TakenLine>();
        foreach (var (line, lease) in call.Taken)
        {
            using var row = session.Command(
                SelectWaiting, line.Webhook.Id, line.Line, call.MaxOfLine).ExecuteReader();
            var waiting = new List<WaitingDelivery>();
            while (row.Read())
                waiting.Add(new(SqliteEventLog.ReadEvent(row), row.GetInt32(10)));
            if (waiting.Count > 0)
                lines.Add(new(line.Webhook, line.Line, lease, waiting));
        }

        return lines;
    }

    /// <inheritdoc/>
    public Task FinishAsync(IReadOnlyList<FinishedLine> lines, CancellationToken cancellationToken) =>
        writer.RunAsync(
            session =>
            {
                foreach (var line in lines)
                    Finish(session, line);
                return lines.Count;
            },
            cancellationToken);

    private const string GiveBack =
        """
        UPDATE delivery_line SET due_at = ?4, lease = NULL
        WHERE webhook_id = ?1 AND line = ?2 AND lease = ?3
        """;

    private const string UpdateDelivery =
        """
        UPDATE delivery SET state = ?4, attempts = attempts + 1, tried_at = ?5, status = ?6, latency_ms = ?7,
            response = ?8
        WHERE event_at = ?1 AND event_id = ?2 AND webhook_id = ?3 AND state = 0
        """;

    private static void Finish(SqliteSession session, FinishedLine line)
    {
        var due = Now(session) + (long)line.RetryAfter.TotalMilliseconds;
        var isHeld = session.Command(
            GiveBack, line.WebhookId, line.Line, BytesOf(line.Lease), due).ExecuteNonQuery() == 1;
        if (!isHeld)
            return;
        foreach (var outcome in line.Outcomes)
        {
            session.Command(
                UpdateDelivery,
                outcome.Event.At,
                outcome.Event.Number,
                line.WebhookId,
                (long)outcome.State,
                outcome.Attempt.At.ToUnixTimeMilliseconds(),
                outcome.Attempt.Status,
                (long)outcome.Attempt.Latency.TotalMilliseconds,
                outcome.Attempt.Response).ExecuteNonQuery();
        }

        EndWithoutWaiting(session, line.WebhookId, line.Line);
    }

    private const string IsOpen = "SELECT EXISTS (SELECT 1 FROM webhook WHERE id = ?1 AND state <> 2)";

    /// <inheritdoc/>
    public Task<EventPosition?> AddTestAsync(string webhookId, CancellationToken cancellationToken) =>
        writer.RunAsync(session => AddTest(session, webhookId), cancellationToken);

    private static EventPosition? AddTest(SqliteSession session, string webhook)
    {
        if ((long)session.Command(IsOpen, webhook).ExecuteScalar()! == 0)
            return null;
        var position = SqliteNewEvents.Add(
            session, EventTypes.WebhookTested, webhook, link: null, data: null, isDispatched: false);
        SqliteDispatch.AddDelivery(session, new(position, $"webhook:{webhook}", [webhook]));
        return position;
    }

    /// <summary>The bytes of a lease, in the order of its text.</summary>
    private static byte[] BytesOf(Guid lease) => lease.ToByteArray(bigEndian: true);

    private sealed record DueLine(Webhook Webhook, string Line, long DueAt);
}
