using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Terse.Events;
using Terse.Harness;
using Terse.Horizon;
using Terse.Storage.Postgres;

namespace Terse.ClusterTests;

/// <summary>
/// Tests that readers of events, who advance up to the horizon, miss no event of a transaction that is open
/// while a beat tries to move the horizon, and that a replica answers only for what it has.
/// </summary>
public sealed class EventHorizonTests
{
    private const string InsertAudit = "INSERT INTO audit (action, subject) VALUES ('key.create', 'a')";

    /// <summary>The function without the statement that locks the horizon.</summary>
    private const string WithoutLock =
        """
        CREATE OR REPLACE FUNCTION horizon_instant() RETURNS timestamptz LANGUAGE sql VOLATILE AS
            'SELECT greatest(clock_timestamp(), closed_at + interval ''1 microsecond'') FROM horizon'
        """;

    [Theory]
    [InlineData(null, true)]
    [InlineData(WithoutLock, false)]
    public async Task Only_without_the_lock_an_event_of_an_open_transaction_is_missed(
        string? sabotage, bool isRead)
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 0);
        await using var storage = await OpenAsync(postgres);
        if (sabotage is not null)
            await postgres.Primary.ExecuteAsync(sabotage);
        var log = storage.GetRequiredService<IEventLog>();
        await using var connection = await postgres.Primary.ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await RunAsync(connection, InsertAudit);

        await postgres.Primary.ExecuteAsync("SELECT pg_sleep(0.05), horizon_beat('0 s', '0 s')");
        var end = (await log.ReadAsync(new(0, 0), 10, default)).End;
        await transaction.CommitAsync();

        await postgres.Primary.ExecuteAsync("INSERT INTO audit (action, subject) VALUES ('key.create', 'b')");
        List<StoredEvent> later = [];
        await Eventually.IsTrueAsync(async () =>
        {
            later = [.. (await log.ReadAsync(end, 10, default)).Events];
            return later.Any(stored => stored.Subject == "b");
        });
        Assert.Equal(isRead, later.Any(stored => stored.Subject == "a"));
    }

    [Fact]
    public async Task Events_come_from_a_replica_and_a_replica_that_is_behind_the_caller_has_none()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var storage = await OpenAsync(postgres);
        var log = storage.GetRequiredService<IEventLog>();
        await postgres.Primary.ExecuteAsync(InsertAudit);
        EventPage page = new([], default);
        await Eventually.IsTrueAsync(async () =>
            (page = await log.ReadAsync(new(0, 0), 10, default)).Events.Count == 1);

        await postgres.Replicas[0].PauseReplayAsync();
        await postgres.Primary.ExecuteAsync(InsertAudit);
        await Eventually.IsTrueAsync(async () => await postgres.Primary.ReadAsync(
            "SELECT count(*) FROM horizon WHERE closed_at > (SELECT max(at) FROM event)") == 1);
        var paused = await log.ReadAsync(page.Events[0].Position, 10, default);
        Assert.Empty(paused.Events);
        var ahead = EventPosition.EndOf(paused.End.At + 1);
        var behind = await log.ReadAsync(ahead, 10, default);
        Assert.Empty(behind.Events);
        Assert.Equal(ahead, behind.End);

        await postgres.Replicas[0].ResumeReplayAsync();
        await Eventually.IsTrueAsync(async () =>
            (await log.ReadAsync(page.Events[0].Position, 10, default)).Events.Count == 1);
    }

    [Fact]
    public async Task A_replica_of_another_primary_is_no_authority_and_the_new_primary_continues_the_log()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var storage = await OpenAsync(postgres);
        var log = storage.GetRequiredService<IEventLog>();
        await postgres.Primary.ExecuteAsync(InsertAudit);
        await postgres.Replicas[0].CatchUpAsync(postgres.Primary);
        EventPage page = new([], default);
        await Eventually.IsTrueAsync(async () =>
            (page = await log.ReadAsync(new(0, 0), 10, default)).Events.Count == 1);

        await postgres.FailOverAsync();
        await Eventually.IsTrueAsync(async () =>
        {
            try
            {
                await postgres.Primary.ExecuteAsync(
                    "INSERT INTO audit (action, subject) VALUES ('key.create', 'b')");
                return true;
            }
            catch (PostgresException exception) when (exception.SqlState == HorizonSchema.NotBeaten)
            {
                return false;
            }
        });

        await Eventually.IsTrueAsync(async () =>
        {
            try
            {
                return (await log.ReadAsync(page.End, 10, default)).Events is [{ Subject: "b" }];
            }
            catch (Hosting.StoreUnavailableException)
            {
                return false;
            }
        });
    }

    [Fact]
    public async Task An_event_in_a_transaction_of_another_isolation_level_is_refused()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 0);
        await using var storage = await OpenAsync(postgres);
        await using var connection = await postgres.Primary.ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(
            System.Data.IsolationLevel.RepeatableRead);

        var refused = await Assert.ThrowsAsync<PostgresException>(() => RunAsync(connection, InsertAudit));
        Assert.Equal(HorizonSchema.WrongIsolation, refused.SqlState);
    }

    private static async Task<ServiceProvider> OpenAsync(PostgresCluster postgres)
    {
        await using (await TestDatabases.MigrateAsync(
            postgres.Primary.ConnectionString, PostgresMigrations.Load()))
        {
            // Disposal closes the connections of the migration.
        }

        foreach (var replica in postgres.Replicas)
            await replica.CatchUpAsync(postgres.Primary);
        var cluster = new Cluster(
            new ClusterOptions
            {
                Hosts = [.. postgres.ConnectionStrings.Select(host => new HostAddress(host, host))],
            },
            TimeProvider.System);
        await cluster.StartAsync();
        await Eventually.IsTrueAsync(async () =>
            await postgres.Primary.ReadAsync(
                "SELECT count(*) FROM horizon WHERE closed_at > '2000-01-01'") == 1);
        return TestDatabases.BuildStorage(cluster);
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
