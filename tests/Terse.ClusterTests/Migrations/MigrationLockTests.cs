using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Terse.Harness;
using Terse.Horizon;
using Terse.Storage.Postgres;

namespace Terse.ClusterTests;

/// <summary>
/// Tests the migration while another transaction holds a lock on every table. <c>pg_dump</c> holds such locks
/// until it ends. The database has the previous schema at first.
/// </summary>
public sealed class MigrationLockTests : IAsyncLifetime
{
    private const string ReadVersion = "SELECT version::bigint FROM schema_version";

    private static readonly long Current = PostgresMigrations.Load().Count;

    private PostgresCluster _postgres = null!;
    private NpgsqlConnection _dump = null!;

    public async ValueTask InitializeAsync()
    {
        _postgres = await PostgresCluster.StartAsync(replicas: 0);
        await using (await TestDatabases.MigrateAsync(
            _postgres.Primary.ConnectionString, PostgresMigrations.Load()[..^1]))
        {
            // Disposal closes the connections of the migration.
        }

        _dump = await OpenDumpAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _dump.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    [Fact]
    public async Task Creations_succeed_while_the_migration_waits_for_a_long_transaction_and_while_it_runs()
    {
        await using var server = await TerseProcess.ServeAsync(
            _postgres.ConnectionStrings, "--Database:Migrate", "false");
        await Eventually.IsTrueAsync(async () => await CreateAsync(server) == HttpStatusCode.Created);
        using var stopping = new CancellationTokenSource();
        var creating = Task.WhenAll(
            Enumerable.Range(0, 4).Select(_ => CreateUntilAsync(server, stopping.Token)));
        await using var cluster = await ConnectAsync();
        var block = await PostgresMigrations.TryApplyAsync(cluster, TimeProvider.System, default);
        var migrating = NewMigrator(cluster).MigrateAsync(default);
        await CreateManyAsync(server, 100);

        Assert.Contains($"process {_dump.ProcessID} (pg_dump", block?.Description, StringComparison.Ordinal);
        Assert.False(migrating.IsCompleted);
        await _dump.CloseAsync();
        await migrating;
        await CreateManyAsync(server, 20);
        await stopping.CancelAsync();
        Assert.Equal([HttpStatusCode.Created], (await creating).SelectMany(answers => answers).Distinct());
        Assert.Equal(Current, await _postgres.Primary.ReadAsync(ReadVersion));
    }

    [Fact]
    public async Task A_server_starts_on_the_previous_schema_during_a_long_transaction_and_migrates_later()
    {
        await using var server = await TerseProcess.ServeAsync(_postgres.ConnectionStrings);
        await CreateManyAsync(server, 10);
        Assert.Equal(Current - 1, await _postgres.Primary.ReadAsync(ReadVersion));

        await _dump.CloseAsync();
        await Eventually.IsTrueAsync(async () =>
            await _postgres.Primary.ReadAsync(ReadVersion) == Current);
        await CreateManyAsync(server, 10);
    }

    [Fact]
    public async Task Of_several_migrations_at_the_same_time_one_runs_and_the_others_wait_for_it()
    {
        await _dump.CloseAsync();
        await using var cluster = await ConnectAsync();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => NewMigrator(cluster).MigrateAsync(default)));
        Assert.Equal(Current, await _postgres.Primary.ReadAsync(ReadVersion));
        Assert.Equal(1001, await _postgres.Primary.ReadAsync("SELECT count(*) FROM horizon_state"));
    }

    /// <summary>
    /// An attempt to migrate stops the statements on a table for half a second, so the migration must not
    /// repeat its attempts for as long as the prepared transaction is there.
    /// </summary>
    [Fact]
    public async Task A_migration_names_a_prepared_transaction_and_waits_for_its_end()
    {
        await _dump.CloseAsync();
        await _postgres.Primary.ExecuteAsync("ALTER SYSTEM SET max_prepared_transactions = 4");
        await _postgres.Primary.StopAsync();
        await _postgres.Primary.StartAsync();
        foreach (var (table, name) in new[] { ("link", "held"), ("node", "other") })
        {
            await _postgres.Primary.ExecuteAsync(
                $"BEGIN; LOCK TABLE {table} IN ROW EXCLUSIVE MODE; PREPARE TRANSACTION '{name}'");
        }

        await using var cluster = await ConnectAsync();
        var block = await PostgresMigrations.TryApplyAsync(cluster, TimeProvider.System, default);
        var blocking = Assert.Single(block!.Transactions);
        Assert.Equal("the prepared transaction 'held', see pg_prepared_xacts", blocking.Description);
        Assert.False(block.IsUnknown);
        var waiting = block.WaitAsync(cluster, TimeProvider.System, TimeSpan.FromMilliseconds(20), default);
        for (var reads = 0; reads < 20; reads++)
            Assert.Equal(Current - 1, await _postgres.Primary.ReadAsync(ReadVersion));
        Assert.False(waiting.IsCompleted);

        await _postgres.Primary.ExecuteAsync("ROLLBACK PREPARED 'held'");
        await _postgres.Primary.ExecuteAsync("ROLLBACK PREPARED 'other'");
        await waiting;
        await NewMigrator(cluster).MigrateAsync(default);
        Assert.Equal(Current, await _postgres.Primary.ReadAsync(ReadVersion));
    }

    /// <summary>
    /// Lookups lock the table <c>horizon</c> and then the table <c>link</c>, creations in the other order.
    /// The migration forms no deadlock with either, because it locks the table <c>link</c> last, and gives
    /// way while another transaction uses it.
    /// </summary>
    [Fact]
    public async Task The_migration_gives_way_to_a_transaction_that_creates_links_and_then_runs()
    {
        await _dump.CloseAsync();
        await using var creating = new NpgsqlConnection(_postgres.Primary.ConnectionString);
        await creating.OpenAsync();
        await ExecuteAsync(creating, "BEGIN; LOCK TABLE link IN ROW EXCLUSIVE MODE");
        await using var cluster = await ConnectAsync();
        var trying = PostgresMigrations.TryApplyAsync(cluster, TimeProvider.System, default);
        await ExecuteAsync(creating, "SELECT count(*) FROM horizon; SELECT count(*) FROM link");

        var block = await trying;
        var blocking = Assert.Single(block!.Transactions);
        Assert.Contains($"process {creating.ProcessID} ", blocking.Description, StringComparison.Ordinal);
        Assert.Equal(Current - 1, await _postgres.Primary.ReadAsync(ReadVersion));
        await ExecuteAsync(creating, "COMMIT");
        Assert.Null(await PostgresMigrations.TryApplyAsync(cluster, TimeProvider.System, default));
        Assert.Equal(Current, await _postgres.Primary.ReadAsync(ReadVersion));
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private const string LockAllTables =
        """
        BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
        DO $$ DECLARE name text; BEGIN
            FOR name IN SELECT relname FROM pg_class
                WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
            LOOP
                EXECUTE format(
                    'LOCK TABLE %I IN %s MODE',
                    name, CASE name WHEN 'link' THEN 'ROW EXCLUSIVE' ELSE 'ACCESS SHARE' END);
            END LOOP;
        END $$;
        """;

    private async Task<NpgsqlConnection> OpenDumpAsync()
    {
        var builder = new NpgsqlConnectionStringBuilder(_postgres.Primary.ConnectionString)
        {
            ApplicationName = "pg_dump",
            Pooling = false,
        };
        var connection = new NpgsqlConnection(builder.ConnectionString);
        await connection.OpenAsync();
        await using var locking = new NpgsqlCommand(LockAllTables, connection);
        await locking.ExecuteNonQueryAsync();
        return connection;
    }

    private async Task<Cluster> ConnectAsync()
    {
        var options = new ClusterOptions
        {
            Hosts = [new HostAddress("primary", _postgres.Primary.ConnectionString)],
        };
        var cluster = new Cluster(options, TimeProvider.System);
        await cluster.StartAsync();
        return cluster;
    }

    private static PostgresMigrator NewMigrator(Cluster cluster) =>
        new(cluster, TimeProvider.System, NullLogger<PostgresMigrator>.Instance);

    private static async Task<HttpStatusCode> CreateAsync(TerseProcess server)
    {
        using var answer = await server.CreateAsync("https://example.com/");
        return answer.StatusCode;
    }

    private static async Task CreateManyAsync(TerseProcess server, int count)
    {
        for (var number = 0; number < count; number++)
            Assert.Equal(HttpStatusCode.Created, await CreateAsync(server));
    }

    private static async Task<List<HttpStatusCode>> CreateUntilAsync(
        TerseProcess server, CancellationToken stop)
    {
        var answers = new List<HttpStatusCode>();
        while (!stop.IsCancellationRequested)
            answers.Add(await CreateAsync(server));
        return answers;
    }
}
