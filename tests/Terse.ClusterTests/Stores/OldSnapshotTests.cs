using System.Diagnostics.Metrics;
using System.Text.Json;
using Npgsql;
using Terse.Harness;
using Terse.Horizon;
using Terse.Links;
using Terse.Storage.Postgres;
using Terse.Visits;

namespace Terse.ClusterTests;

/// <summary>
/// Tests statements while a transaction keeps an old snapshot open. PostgreSQL then keeps every version of
/// every row that is updated or deleted. The tests count the pages or the index entries that a statement
/// reads, because times depend on the machine.
/// </summary>
public sealed class OldSnapshotTests(TestDatabases databases) : IAsyncLifetime
{
    private TestDatabase _database = null!;
    private NpgsqlConnection _snapshot = null!;
    private NpgsqlConnection _connection = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await databases.OpenAsync();
        _connection = await ConnectAsync();
        _snapshot = await ConnectAsync();
        await ExecuteAsync(
            _snapshot, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM link");
    }

    public async ValueTask DisposeAsync()
    {
        await _snapshot.DisposeAsync();
        await _connection.DisposeAsync();
        await _database.DisposeAsync();
    }

    private const string InsertLink =
        """
        INSERT INTO link (id, domain, code, target, created_at, written_at)
        SELECT 1, '', '1', 'https://example.com/', at, at
        FROM (SELECT clock_timestamp() + interval '1 day' AS at) AS written
        """;

    [Theory]
    [InlineData("SELECT closed_at, timeline FROM horizon")]
    [InlineData("SELECT horizon_beat('0 s', '0 s')")]
    [InlineData(InsertLink)]
    public async Task The_cost_of_reading_and_advancing_the_horizon_does_not_grow_with_the_number_of_beats(
        string statement)
    {
        await BeatAsync(100);
        var before = await CountPagesAsync(statement);
        await BeatAsync(10_000);
        var after = await CountPagesAsync(statement);

        Assert.InRange(after, 1, before + 20);
    }

    /// <summary>Runs beats, each in its own transaction.</summary>
    private Task BeatAsync(int beats) => ExecuteAsync(
        _connection,
        $"""
        DO $$ BEGIN
            PERFORM set_config('synchronous_commit', 'off', false);
            FOR number IN 1..{beats} LOOP PERFORM horizon_beat('0 s', '0 s'); COMMIT; END LOOP;
        END $$
        """);

    /// <summary>
    /// Runs a statement twice, each time in a transaction that is rolled back, and returns the number of
    /// pages that the second run read, from the cache or from the disk. The first run fills the caches of the
    /// connection.
    /// </summary>
    private async Task<long> CountPagesAsync(string statement)
    {
        var pages = 0L;
        for (var run = 1; run <= 2; run++)
        {
            await using var transaction = await _connection.BeginTransactionAsync();
            await using var explain = new NpgsqlCommand(
                $"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", _connection);
            using var json = JsonDocument.Parse((string)(await explain.ExecuteScalarAsync())!);
            var plan = json.RootElement[0].GetProperty("Plan");
            pages = plan.GetProperty("Shared Hit Blocks").GetInt64()
                + plan.GetProperty("Shared Read Blocks").GetInt64();
        }

        return pages;
    }

    private const string SelectKeys = "SELECT count(*) FROM idempotency";

    /// <summary>
    /// To delete expired keys, a creation would have to read all keys that were deleted before.
    /// </summary>
    [Fact]
    public async Task A_creation_with_an_idempotency_key_leaves_expired_keys_to_the_clean_up()
    {
        await InsertKeysAsync(5000, "2 days");
        var now = TimeProvider.System.GetUtcNow();
        var link = new Link(Tsid.FromInt64(1), "", "a", "https://example.com/", now);
        await _database.Get<ICreationStore>().AddOnceAsync(
            IdempotentRequest.Of("key", ("target", link.Target)), link, now.AddHours(1), default);

        Assert.Equal(5001, await _database.ReadAsync(SelectKeys));
    }

    [Fact]
    public async Task A_clean_up_does_not_read_the_rows_that_earlier_clean_ups_deleted()
    {
        await InsertKeysAsync(5000, "2 days");
        await _database.CleanUpAsync();
        Assert.Equal(0, await _database.ReadAsync(SelectKeys));
        await _database.ExecuteAsync("UPDATE cleanup SET done_up_to = done_up_to - interval '1 minute'");
        await InsertKeysAsync(3, "1 day");

        Assert.InRange(await CountReadEntriesAsync(_ => _database.CleanUpAsync()), 3, 10);
        Assert.Equal(0, await _database.ReadAsync(SelectKeys));
    }

    /// <summary>
    /// PostgreSQL shows when the transaction began. Without that, every transaction that runs during a
    /// measurement would seem to be as old as the measurement before.
    /// </summary>
    [Fact]
    public async Task A_transaction_is_as_old_as_PostgreSQL_shows_however_long_ago_the_last_measurement_was()
    {
        var time = new FakeTime(TimeProvider.System.GetUtcNow());
        using var snapshots = new PostgresSnapshotAge(
            _database.Cluster, _database.Get<IMeterFactory>(), time);
        await snapshots.MeasureAsync(default);
        await BeatAsync(10);
        time.Pass(TimeSpan.FromHours(2));

        Assert.InRange(
            await snapshots.MeasureAsync(default), TimeSpan.FromTicks(1), TimeSpan.FromMinutes(1));
    }

    /// <summary>
    /// Each of 5 transactions moves 1,000 rows, and the last one looks at all rows again. If each of them
    /// began at the first row, they would read 20,000 entries.
    /// </summary>
    [Fact]
    public async Task Moving_earlier_counts_does_not_read_the_rows_again_that_were_moved_before()
    {
        await _database.ExecuteAsync(
            "INSERT INTO visit_count SELECT n, 0, '2026-11-01Z', '', false, 1 "
            + "FROM generate_series(1, 5000) AS n");
        var rollup = _database.Get<IVisitRollup>();
        var read = await CountReadEntriesAsync(
            async token =>
            {
                while (await rollup.RollUpAsync(token))
                {
                    // Each call moves some rows.
                }
            },
            "visit_count_pkey");

        Assert.InRange(read, 5_000, 12_000);
        Assert.Equal(0, await _database.ReadAsync("SELECT count(*) FROM visit_count"));
        Assert.Equal(5_000, await _database.ReadAsync("SELECT count(*) FROM hour_count"));
    }

    /// <summary>Stores idempotency keys of the given age.</summary>
    private Task InsertKeysAsync(int count, string age) => _database.ExecuteAsync(
        $"""
        INSERT INTO idempotency (key, request, link_id, created_at)
        SELECT concat('{age}', number), '', number, clock_timestamp() - interval '{age}'
        FROM generate_series(1, {count}) AS number
        """);

    private const string SelectReadEntries = "SELECT pg_stat_get_xact_tuples_returned($1::regclass)";

    /// <summary>
    /// Runs a write in a transaction, and returns how many entries of an index the transaction has read.
    /// </summary>
    private Task<long> CountReadEntriesAsync(
        Func<CancellationToken, Task> work, string index = "idempotency_created_at") =>
        _database.Cluster.WriteAsync(
            ConnectionShare.Creations,
            (work, index),
            static async (write, call, token) =>
            {
                await using var select = write.CreateCommand(SelectReadEntries);
                select.Parameters.Add(new NpgsqlParameter<string> { TypedValue = call.index });
                var before = (long)(await select.ExecuteScalarAsync(token))!;
                await call.work(token);
                return (long)(await select.ExecuteScalarAsync(token))! - before;
            },
            default);

    /// <summary>Connects without a limit for idle transactions, and with the real clock.</summary>
    private async Task<NpgsqlConnection> ConnectAsync()
    {
        var connection = await _database.Cluster.OpenPrimaryAsync(default);
        await ExecuteAsync(
            connection, "SET idle_in_transaction_session_timeout = 0; SET search_path = public");
        return connection;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.CommandTimeout = 60;
        await command.ExecuteNonQueryAsync();
    }
}
