using Npgsql;
using Terse.Access;
using Terse.Events;
using Terse.Harness;
using Terse.Horizon;
using Terse.Storage.Postgres;
using static Terse.TestSupport.EventSamples;

namespace Terse.ClusterTests;

/// <summary>
/// A backup or a replica keeps an old snapshot in use, so PostgreSQL keeps the index entries of all events
/// and deliveries that are done since then.
/// </summary>
public sealed class EventSnapshotTests(TestDatabases databases) : IAsyncLifetime
{
    private const int Count = 3_000;

    private TestDatabase _database = null!;
    private PostgresDeliveryQueue _queue = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await databases.OpenAsync();
        _queue = new(_database.Get<PostgresEventTransactions>(), TimeProvider.System);
        await _database.Get<IWebhookStore>().AddAsync(NewWebhook("a"), Actor.None, default);
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Theory]
    [InlineData(Count)]
    [InlineData(1)]
    public async Task While_an_old_snapshot_is_in_use_a_search_does_not_read_what_is_done(int links)
    {
        await using var snapshot = await HoldSnapshotAsync();
        await InsertAsync(Count, links);
        while (await DispatchAsync() > 0)
        {
            // The next events.
        }

        Assert.Equal(Count, await DrainAsync());
        await Eventually.IsTrueAsync(async () => await _database.ReadAsync(
            "SELECT count(*) FROM horizon WHERE closed_at > (SELECT max(at) FROM event)") == 1);
        await DispatchAsync();
        await TakeAsync();
        await InsertAsync(1, links);

        var read = await _database.Cluster.WriteAsync(
            ConnectionShare.Nodes,
            0,
            async (_, _, _) =>
            {
                var before = await _database.ReadAsync(SelectRead);
                Assert.Equal(1, await DispatchAsync());
                Assert.Equal(1, await DrainAsync());
                return await _database.ReadAsync(SelectRead) - before;
            },
            default);

        Assert.InRange(read, 1, Count / 10);
    }

    /// <summary>
    /// How many entries of indexes this connection has read, without the lookups of single rows.
    /// </summary>
    private const string SelectRead =
        """
        SELECT sum(pg_stat_get_xact_tuples_returned(i.indexrelid))::bigint
        FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid
        WHERE NOT i.indisprimary AND c.relname ~ '^(event|delivery)'
        """;

    private async Task<NpgsqlConnection> HoldSnapshotAsync()
    {
        var connection = await _database.Cluster.OpenPrimaryAsync(default);
        await using var begin = new NpgsqlCommand(
            """
            SET idle_in_transaction_session_timeout = 0;
            BEGIN ISOLATION LEVEL REPEATABLE READ;
            SELECT count(*) FROM event
            """,
            connection);
        await begin.ExecuteNonQueryAsync();
        return connection;
    }

    private Task InsertAsync(int count, int links) => _database.ExecuteAsync(
        """
        INSERT INTO event (at, type, subject, link_id, version, is_undispatched)
        SELECT horizon_instant(), 'link.visited', '/c', n % $2, 1, true FROM generate_series(1, $1) AS n
        """,
        count,
        links);

    private Task<int> DispatchAsync() =>
        _queue.DispatchAsync(500, (webhook, stored) => webhook.Filter.Matches(stored), default);

    private Task<IReadOnlyList<TakenLine>> TakeAsync() => _queue.TakeAsync(
        new(new Dictionary<string, int>(), 100, 100, 10, TimeSpan.FromSeconds(30), Now), default);

    /// <summary>Delivers everything that is due.</summary>
    /// <returns>The number of deliveries.</returns>
    private async Task<int> DrainAsync()
    {
        var count = 0;
        while (await TakeAsync() is { Count: > 0 } lines)
        {
            count += lines.Sum(line => line.Waiting.Count);
            await _queue.FinishAsync([.. lines.Select(Finished)], default);
        }

        return count;
    }

    private static FinishedLine Finished(TakenLine line) => new(
        line.Webhook.Id,
        line.Line,
        line.Lease,
        [
            .. line.Waiting.Select(waiting => new DeliveryOutcome(
                waiting.Event.Position,
                DeliveryState.Delivered,
                new(Now, 204, TimeSpan.FromMilliseconds(1), ""))),
        ],
        TimeSpan.Zero);
}
