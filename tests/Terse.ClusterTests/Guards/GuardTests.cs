using Npgsql;
using Terse.Harness;
using Terse.Horizon;
using Terse.Storage.Postgres;

namespace Terse.ClusterTests;

/// <summary>
/// Tests of the guard: the trigger that refuses to insert a link whose time is not later than the horizon. A
/// beat (the statement that advances the horizon) runs while a transaction with an inserted link is open.
/// Then replay on the replica is paused, and the transaction commits. With the complete guard, a lookup on
/// the replica does not conclude that the link does not exist. If a part of the guard is missing, the lookup
/// draws this wrong conclusion, although the creation was acknowledged.
/// </summary>
public sealed class GuardTests
{
    /// <summary>
    /// The trigger function <c>horizon_guard</c> without the statement that locks the horizon.
    /// </summary>
    private const string WithoutLock =
        """
        CREATE OR REPLACE FUNCTION horizon_guard() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.written_at <= (SELECT closed_at FROM horizon) THEN
                RAISE EXCEPTION 'late' USING ERRCODE = 'TH001';
            END IF;
            RETURN NEW;
        END $$
        """;

    private const string WithoutGuard = "DROP TRIGGER horizon_guard ON link";

    [Theory]
    [InlineData(null, false)]
    [InlineData(WithoutLock, true)]
    [InlineData(WithoutGuard, true)]
    public async Task Only_without_a_part_of_the_guard_a_link_is_falsely_not_found(
        string? sabotage, bool isFalselyNotFound)
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await MigrateAsync(postgres);
        if (sabotage is not null)
        {
            // The event of a creation would take the lock, too.
            await postgres.Primary.ExecuteAsync("DROP TRIGGER audit_made_event ON audit");
            await postgres.Primary.ExecuteAsync(sabotage);
        }

        await using var source = NpgsqlDataSource.Create(postgres.Primary.ConnectionString);
        await using var creation = await source.OpenConnectionAsync();
        await using var transaction = await creation.BeginTransactionAsync();
        await InsertAsync(creation);
        await postgres.Primary.ExecuteAsync("SELECT pg_sleep(0.05), horizon_beat('0 s', '0 s')");
        await Eventually.IsTrueAsync(async () => await LagAsync(postgres) == 0);
        await postgres.Replicas[0].PauseReplayAsync();
        await transaction.CommitAsync();

        // The transaction has committed, so a client would now have the acknowledgement. On the replica, the
        // test makes the same decision as a lookup: the link does not exist if the query does not find the
        // link and the horizon has reached the link's time.
        var falselyFinal = await postgres.Replicas[0].ReadAsync(
            """
            SELECT count(*) FROM horizon AS h LEFT JOIN link AS l ON l.code = '1'
            WHERE l.id IS NULL AND h.closed_at >= (SELECT at FROM written)
            """);
        Assert.Equal(isFalselyNotFound ? 1 : 0, falselyFinal);
    }

    /// <summary>
    /// The horizon of the old primary may have been later than the horizon that the new primary has replayed.
    /// Other replicas may already have the later horizon, so the new primary must not accept a link with a
    /// time before the later horizon.
    /// </summary>
    [Fact]
    public async Task A_new_primary_refuses_links_until_its_first_beat_which_closes_all_time_up_to_now()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await MigrateAsync(postgres);
        await Eventually.IsTrueAsync(async () => await LagAsync(postgres) == 0);
        await postgres.FailOverAsync();
        await Eventually.IsTrueAsync(async () =>
            await postgres.Primary.ReadAsync("SELECT count(*) WHERE NOT pg_is_in_recovery()") == 1);
        await using var source = NpgsqlDataSource.Create(postgres.Primary.ConnectionString);
        await using var creation = await source.OpenConnectionAsync();

        await postgres.Primary.ExecuteAsync("UPDATE written SET at = clock_timestamp() + interval '1 hour'");
        var early = await Assert.ThrowsAsync<PostgresException>(() => InsertAsync(creation));
        var before = await postgres.Primary.ReadAsync(
            "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint");
        await postgres.Primary.ExecuteAsync("SELECT horizon_beat('250 ms', '1 day')");
        var closed = await postgres.Primary.ReadAsync(
            "SELECT (extract(epoch FROM closed_at) * 1000)::bigint FROM horizon");
        await InsertAsync(creation);

        Assert.Equal(HorizonSchema.NotBeaten, early.SqlState);
        Assert.InRange(closed, before, long.MaxValue);
        Assert.Equal(1, await postgres.Primary.ReadAsync("SELECT count(*) FROM link"));
    }

    /// <summary>
    /// Inserts a link whose time is the value in the table <c>written</c>. The table exists on the primary
    /// and on the replica.
    /// </summary>
    private static async Task InsertAsync(NpgsqlConnection creation)
    {
        await using var insert = new NpgsqlCommand(
            """
            INSERT INTO link (id, domain, code, target, created_at, written_at)
            SELECT 1, '', '1', 'https://example.com/', at, at FROM written
            """,
            creation);
        await insert.ExecuteNonQueryAsync();
    }

    private static async Task MigrateAsync(PostgresCluster postgres)
    {
        await using var cluster = await TestDatabases.MigrateAsync(
            postgres.Primary.ConnectionString, PostgresMigrations.Load());
        // The time of the link that the test will insert. This time is 20 ms in the future.
        await postgres.Primary.ExecuteAsync(
            "CREATE TABLE written AS SELECT clock_timestamp() + interval '20 ms' AS at");
    }

    private static async Task<long> LagAsync(PostgresCluster postgres)
    {
        var position = await postgres.Primary.ReadAsync("SELECT (pg_current_wal_lsn() - '0/0')::bigint");
        var replayed = await postgres.Replicas[0].ReadAsync(
            "SELECT (pg_last_wal_replay_lsn() - '0/0')::bigint");
        return position - replayed;
    }
}
