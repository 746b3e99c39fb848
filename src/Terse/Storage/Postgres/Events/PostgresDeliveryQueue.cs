using Terse.Events;
using Terse.Horizon;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="IDeliveryQueue"/>
/// <remarks>
/// <para>
/// A line exists while it has waiting deliveries. A transaction that adds deliveries then inserts the line,
/// or locks its row. A transaction that stores outcomes first locks the row, and reads the deliveries
/// afterwards, in a statement of its own. So it finds the deliveries that were added before. A transaction
/// that adds deliveries later inserts the line again if it was deleted. Transactions that wait for several
/// lines lock them in the same order.
/// </para>
/// <para>
/// Events are dispatched in the order of their numbers. Changes of one link wait for each other, so a
/// snapshot that shows the event of a change also shows the earlier ones of its link.
/// </para>
/// </remarks>
internal sealed class PostgresDeliveryQueue(PostgresEventTransactions transactions) : IDeliveryQueue
{
    /// <inheritdoc/>
    public Task<int> DispatchAsync(
        int limit, Func<Webhook, StoredEvent, bool> matches, CancellationToken cancellationToken) =>
        transactions.WriteAsync((limit, matches), PostgresDispatch.RunAsync, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<TakenLine>> TakeAsync(
        TakeRequest request, CancellationToken cancellationToken) =>
        transactions.WriteAsync(request, PostgresDeliveryLines.TakeAsync, cancellationToken);

    /// <inheritdoc/>
    public Task FinishAsync(IReadOnlyList<FinishedLine> lines, CancellationToken cancellationToken) =>
        transactions.WriteAsync(lines, PostgresDeliveryLines.FinishAsync, cancellationToken);

    private const string LockWebhook = "SELECT id FROM webhook WHERE id = $1 AND state <> 2 FOR SHARE";

    private const string InsertTest =
        $"""
        INSERT INTO event AS e (at, type, subject, is_waiting)
        VALUES (horizon_instant(), '{EventTypes.WebhookTested}', $1, false)
        RETURNING (extract(epoch FROM e.at) * 1000000)::bigint, e.id
        """;

    /// <inheritdoc/>
    public Task<EventPosition?> AddTestAsync(string webhookId, CancellationToken cancellationToken) =>
        transactions.WriteAsync(webhookId, AddTestAsync, cancellationToken);

    private static async Task<EventPosition?> AddTestAsync(
        WriteTransaction write, string webhookId, CancellationToken cancellationToken)
    {
        await using (var locking = write.CreateCommand(LockWebhook))
        {
            locking.Bind(webhookId);
            if (await locking.ExecuteScalarAsync(cancellationToken) is null)
                return null;
        }

        EventPosition position;
        await using (var insert = write.CreateCommand(InsertTest))
        {
            insert.Bind(webhookId);
            await using var row = await insert.ExecuteReaderAsync(cancellationToken);
            await row.ReadAsync(cancellationToken);
            position = new(row.GetInt64(0), row.GetInt64(1));
        }

        var stored = new StoredEvent(
            position, EventTypes.WebhookTested, webhookId, null, null, null, null, null, null);
        await PostgresDispatch.InsertAsync(write, [(webhookId, stored)], cancellationToken);
        return position;
    }
}
