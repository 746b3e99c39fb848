using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Terse.Harness;
using Terse.Storage.Postgres;

namespace Terse.ClusterTests;

/// <summary>Tests how indexes of large tables are built while Terse servers write to the tables.</summary>
public sealed class PostgresIndexesTests(TestDatabases databases) : IAsyncLifetime
{
    private static readonly PostgresIndex Index = new("idempotency_link", "idempotency", "link_id");

    private const string CountValid =
        "SELECT count(*) FROM pg_index WHERE indexrelid = to_regclass('idempotency_link') AND indisvalid";

    private const string CountInvalid =
        "SELECT count(*) FROM pg_index WHERE indexrelid = to_regclass('idempotency_link') AND NOT indisvalid";

    private const string InsertKeys =
        """
        INSERT INTO idempotency (key, request, link_id)
        SELECT gen_random_uuid()::text, '', 1 FROM generate_series(1, 3)
        """;

    private TestDatabase _database = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await databases.OpenAsync();
        await _database.ExecuteAsync(InsertKeys);
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task A_missing_index_is_built_and_a_complete_index_stays()
    {
        await BuildAsync();
        var built = await _database.ReadAsync("SELECT 'idempotency_link'::regclass::oid::bigint");
        await BuildAsync();

        Assert.Equal(built, await _database.ReadAsync("SELECT 'idempotency_link'::regclass::oid::bigint"));
        Assert.Equal(1, await _database.ReadAsync(CountValid));
    }

    /// <summary>A unique index cannot be built, because the keys lead to the same link.</summary>
    [Fact]
    public async Task An_invalid_index_is_dropped_and_built_again()
    {
        await using var connection = await _database.Cluster.OpenPrimaryAsync(default);
        await using var interrupted = new NpgsqlCommand(
            "CREATE UNIQUE INDEX CONCURRENTLY idempotency_link ON idempotency (link_id)", connection);
        await Assert.ThrowsAsync<PostgresException>(() => interrupted.ExecuteNonQueryAsync());
        Assert.Equal(1, await _database.ReadAsync(CountInvalid));

        await BuildAsync();
        Assert.Equal(1, await _database.ReadAsync(CountValid));
    }

    [Fact]
    public async Task An_index_of_a_table_that_does_not_exist_yet_is_not_built()
    {
        await BuildAsync(new PostgresIndex("later", "table_of_a_later_version", "id"));

        Assert.Equal(0, await _database.ReadAsync("SELECT count(*) FROM pg_class WHERE relname = 'later'"));
    }

    /// <summary>
    /// The build waits for a transaction that has written to the table, as it waits for an old snapshot.
    /// </summary>
    [Fact]
    public async Task While_one_server_builds_an_index_the_others_skip_it_and_writes_continue()
    {
        await using var writer = await _database.Cluster.OpenPrimaryAsync(default);
        await using var transaction = await writer.BeginTransactionAsync();
        await using var insert = new NpgsqlCommand(InsertKeys, writer);
        await insert.ExecuteNonQueryAsync();
        var building = BuildAsync();
        await Eventually.IsTrueAsync(async () => await _database.ReadAsync(CountInvalid) == 1);
        await BuildAsync();
        await _database.ExecuteAsync(InsertKeys);

        Assert.False(building.IsCompleted);
        await transaction.CommitAsync();
        await building;
        Assert.Equal(1, await _database.ReadAsync(CountValid));
        Assert.Equal(9, await _database.ReadAsync("SELECT count(*) FROM idempotency WHERE link_id = 1"));
    }

    private Task BuildAsync() => BuildAsync(Index);

    private async Task BuildAsync(PostgresIndex index)
    {
        using var indexes = new PostgresIndexes(
            _database.Cluster, TimeProvider.System, NullLogger<PostgresIndexes>.Instance);
        await indexes.BuildAsync([index], default);
    }
}
