using Terse.Events;
using Terse.Horizon;
using Terse.Hosting;

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
internal sealed class PostgresDeliveryQueue(PostgresEventTransactions transactions, TimeProvider time)
    : IDeliveryQueue
{
    /// <summary>After each success, a transaction takes one part of this many parts more.</summary>
    private const int GrowthPart = 8;

    private readonly PostgresLineFloors _lineFloors = new(time);
    private DispatchFloor _dispatchFloor = DispatchFloor.None;
    private int _maxEvents = int.MaxValue;

    /// <inheritdoc/>
    /// <remarks>
    /// A transaction that is too large for a slow database would fail again and again. After a failure, the
    /// next one takes half as many events, and later ones take slowly more.
    /// </remarks>
    public async Task<int> DispatchAsync(
        int limit, Func<Webhook, StoredEvent, bool> matches, CancellationToken cancellationToken)
    {
        var (count, isLast) = (0, false);
        while (count < limit && !isLast)
        {
            var size = Math.Min(limit - count, _maxEvents);
            try
            {
                (var events, _dispatchFloor) = await transactions.WriteAsync(
                    (size, matches, _dispatchFloor), PostgresDispatch.RunAsync, cancellationToken);
                count += events;
                isLast = events < size;
            }
            catch (StoreUnavailableException)
            {
                _maxEvents = Math.Max(1, size / 2);
                if (count > 0)
                    return count;
                throw;
            }

            if (!isLast)
                _maxEvents = (int)Math.Min(int.MaxValue, 1L + _maxEvents + (_maxEvents / GrowthPart));
        }

        return count;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TakenLine>> TakeAsync(
        TakeRequest request, CancellationToken cancellationToken)
    {
        var (lines, floors) = await transactions.WriteAsync(
            (request, _lineFloors.Read()), PostgresDeliveryLines.TakeAsync, cancellationToken);
        _lineFloors.Add(floors);
        return lines;
    }

    /// <inheritdoc/>
    public Task FinishAsync(IReadOnlyList<FinishedLine> lines, CancellationToken cancellationToken) =>
        transactions.WriteAsync(lines, PostgresDeliveryLines.FinishAsync, cancellationToken);

    private const string LockWebhook = "SELECT id FROM webhook WHERE id = $1 AND state <> 2 FOR SHARE";

    private const string InsertTest =
        $"""
        INSERT INTO event AS e (at, type, subject, is_undispatched)
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
