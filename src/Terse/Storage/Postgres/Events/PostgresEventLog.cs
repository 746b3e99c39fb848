using Npgsql;
using Terse.Events;
using Terse.Horizon;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="IEventLog"/>
/// <remarks>
/// One statement reads the horizon and the events, so both are in the same snapshot. The function
/// <c>horizon_instant</c> gives each event a time after the horizon, and its transaction ends before the next
/// beat. So a host that shows a horizon also shows every event up to it (<see cref="HorizonInstant"/>).
/// </remarks>
internal sealed class PostgresEventLog(Cluster cluster, PostgresEventTransactions transactions) : IEventLog
{
    private const string SelectEvents =
        $"""
        SELECT snapshot.closed_at, snapshot.system_identifier, snapshot.timeline, snapshot.term, e.*
        FROM {HorizonSchema.Snapshot}
            LEFT JOIN LATERAL (
                SELECT {PostgresEventRows.Columns}
                FROM (
                    SELECT * FROM event
                    WHERE at >= $1 AND (at, id) > ($1, $2) AND at <= snapshot.closed_at
                    ORDER BY at, id LIMIT $3) AS e
                {PostgresEventRows.JoinAudit}
                ORDER BY e.at, e.id) AS e ON true
        """;

    /// <inheritdoc/>
    /// <remarks>
    /// A replica that does not show the present primary proves nothing, so the primary answers instead.
    /// </remarks>
    public async Task<EventPage> ReadAsync(
        EventPosition? after, int limit, CancellationToken cancellationToken) =>
        await ReadAsync(Freshness.Any, after, limit, cancellationToken)
        ?? await ReadAsync(Freshness.Latest, after, limit, cancellationToken)
        ?? throw new StoreUnavailableException("Another host is becoming the primary; retry shortly.");

    private Task<EventPage?> ReadAsync(
        Freshness freshness, EventPosition? after, int limit, CancellationToken cancellationToken) =>
        transactions.ReadAsync(freshness, (after, limit), ReadAsync, cancellationToken);

    /// <returns>Null if the host does not show data of the present primary.</returns>
    private async Task<EventPage?> ReadAsync(
        ReadTransaction read,
        (EventPosition? After, int Limit) call,
        CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(SelectEvents);
        select.Bind(call.After?.Time ?? DateTimeOffset.UnixEpoch);
        select.Bind(call.After?.Number ?? 0);
        select.Bind(call.After is null ? 0 : call.Limit);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var events = new List<StoredEvent>();
        EventPosition horizon = default;
        while (await row.ReadAsync(cancellationToken))
        {
            horizon = ReadHorizon(row);
            var generation = cluster.Primary.GenerationOf(ClusterIdentity.Read(row, 1));
            if (generation == 0 || generation != cluster.Primary.Generation)
                return null;
            if (!await row.IsDBNullAsync(4, cancellationToken))
                events.Add(PostgresEventRows.Read(row, 4));
        }

        return new(events, EndOf(events, call.After, call.Limit, horizon));
    }

    private static EventPosition ReadHorizon(NpgsqlDataReader row) => EventPosition.EndOf(
        PostgresEventRows.ToMicroseconds(row.GetFieldValue<DateTimeOffset>(0)));

    private static EventPosition EndOf(
        List<StoredEvent> events, EventPosition? after, int limit, EventPosition horizon) =>
        after is not null && events.Count == limit && limit > 0 ? events[^1].Position
        : after > horizon ? after.Value
        : horizon;
}
