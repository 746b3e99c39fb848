using Microsoft.Extensions.DependencyInjection;
using Terse.Hosting;
using Terse.Links;
using Terse.Storage.Postgres;
using Terse.TestSupport;
using Terse.Visits;

namespace Terse.ClusterTests;

public sealed class PostgresVisitStoreTests(TestDatabases databases) : VisitStoreContract
{
    private TestDatabase _database = null!;

    private protected override IVisitStore Store => _database.Get<IVisitStore>();

    private protected override IVisitReader Reader => _database.Get<IVisitReader>();

    private protected override IVisitPartitions Partitions => _database.Get<IVisitPartitions>();

    private protected override IVisitRollup Rollup => _database.Get<IVisitRollup>();

    private protected override IVisitEraser Eraser => _database.Get<IVisitEraser>();

    private protected override Task MarkErasedAsync(long link) =>
        _database.ExecuteAsync("INSERT INTO erased_link (link_id) VALUES ($1)", link);

    private protected override Task<long> CountRowsOfAsync(long link) => _database.ReadAsync(
        $"""
        SELECT (SELECT count(*) FROM visit WHERE link_id = {link})
            + (SELECT count(*) FROM visit_count WHERE link_id = {link})
            + (SELECT count(*) FROM hour_count WHERE link_id = {link})
            + (SELECT count(*) FROM day_count WHERE link_id = {link})
            + (SELECT count(*) FROM visit_total WHERE link_id = {link})
        """);

    public override async ValueTask InitializeAsync() => _database = await databases.OpenAsync();

    protected override ValueTask CloseAsync() => _database.DisposeAsync();

    protected override Task SetClockAsync(DateTimeOffset now) => _database.SetClockAsync(now);

    private protected override Task AddEarlierCountAsync(
        long link, VisitDimension dimension, string value) =>
        _database.ExecuteAsync(
            "INSERT INTO visit_count VALUES ($1, $2, date_trunc('hour', $3), $4, false, 1)",
            link, (short)dimension, Now, value);

    private protected override Task AddEarlierMissedAsync(RedirectOutcome outcome) =>
        _database.ExecuteAsync(
            "INSERT INTO missed_visit VALUES (date_trunc('hour', $1), $2, false, 1)", Now, (short)outcome);

    private protected override Task<long> CountRowsAsync() => _database.ReadAsync(
        "SELECT (SELECT count(*) FROM hour_count) + (SELECT count(*) FROM day_count)");

    private protected override Task AgeRunsAsync(TimeSpan age) =>
        _database.ExecuteAsync("UPDATE visit_run SET counted_at = counted_at - $1", age);

    private protected override Task<long> CountRunsAsync() =>
        _database.ReadAsync("SELECT count(*) FROM visit_run");

    /// <summary>
    /// Each Terse server remembers which daily partitions it has created. If a different server has dropped
    /// one of these partitions, the first server must create the partition again.
    /// </summary>
    [Fact]
    public async Task Servers_that_create_and_drop_the_same_days_at_once_lose_no_visit()
    {
        await SetClockAsync(Now);
        var servers = Enumerable.Range(0, 4)
            .Select(_ => TestDatabases.BuildStorage(_database.Cluster))
            .ToList();
        await Task.WhenAll(servers.Select(async (server, node) =>
        {
            for (var number = 1; number <= 10; number++)
            {
                await server.GetRequiredService<IVisitStore>().AddAsync(
                    new(
                        new(node, 1),
                        number,
                        [NewVisit(1, Now.AddDays(-number)), NewVisit(1, Now.AddDays(-95))]),
                    default);
                await server.GetRequiredService<IVisitPartitions>().DropExpiredAsync(
                    TimeSpan.FromDays(90), default);
            }
        }));

        Assert.Equal(new VisitSum(80, 0), await TotalAsync(1));
        Assert.Equal(40, (await ListAsync(Everything)).Count);
    }

    [Fact]
    public async Task A_roll_up_finds_old_hours_by_the_index_and_reads_no_other_rows()
    {
        await _database.ExecuteAsync(
            "INSERT INTO hour_count SELECT 500000 + n % 1000, n, 1, 0, '' "
            + "FROM generate_series(1, 20000) AS n");
        await _database.ExecuteAsync("ANALYZE hour_count");
        var statement = PostgresVisitRollup.DeleteHours
            .Replace("$1", "interval '60 days'", StringComparison.Ordinal)
            .Replace("$2", "1000", StringComparison.Ordinal)
            .Replace("$3, $4", "0, 0", StringComparison.Ordinal);
        await _database.ExecuteAsync(
            $"""
            CREATE FUNCTION count_index_conditions() RETURNS bigint LANGUAGE plpgsql AS $$
            DECLARE
                line text;
                conditions bigint := 0;
            BEGIN
                FOR line IN EXECUTE $explain$EXPLAIN {statement}$explain$ LOOP
                    conditions := conditions + (line LIKE '%Index Cond: %hour <%')::integer;
                END LOOP;
                RETURN conditions;
            END $$
            """);

        Assert.Equal(1, await _database.ReadAsync("SELECT count_index_conditions()"));
    }

    [Fact]
    public async Task A_batch_that_fails_halfway_stores_nothing_and_can_be_repeated()
    {
        await _database.ExecuteAsync(
            "ALTER TABLE hour_count ADD CONSTRAINT no CHECK (link_id <> -1) NOT VALID");
        var missed = NewVisit(0) with { Outcome = RedirectOutcome.Deleted };
        var batch = new VisitBatch(new(1, 1), 1, [NewVisit(1), missed]);
        var refused = await Assert.ThrowsAsync<VisitsRefusedException>(() => Store.AddAsync(batch, default));
        Assert.Contains("23514", refused.Message, StringComparison.Ordinal);
        Assert.Equal(batch.Visits, refused.Uncounted);
        Assert.Equal(default, await TotalAsync(1));
        Assert.Empty(await ListAsync(Everything));

        await _database.ExecuteAsync("ALTER TABLE hour_count DROP CONSTRAINT no");
        Assert.True(await Store.AddAsync(batch, default));
        Assert.Equal(new VisitSum(1, 0), await TotalAsync(1));
    }

    /// <summary>A missing right concerns all batches, so none of them is refused for its content.</summary>
    [Fact]
    public async Task A_batch_waits_while_the_user_may_not_write()
    {
        await _database.ExecuteAsync(
            "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS "
            + "$$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '42501'; END $$");
        await _database.ExecuteAsync(
            "CREATE TRIGGER no BEFORE INSERT ON visit_total FOR EACH ROW EXECUTE FUNCTION no()");

        await Assert.ThrowsAsync<StoreUnavailableException>(
            () => Store.AddAsync(new(new(1, 1), 1, [NewVisit(1)]), default));
    }

    [Fact]
    public async Task A_roll_up_that_fails_halfway_changes_no_count()
    {
        await SetClockAsync(Now);
        await Store.AddAsync(new(new(1, 1), 1, [NewVisit(1, Now.AddDays(-70))]), default);
        await _database.ExecuteAsync("ALTER TABLE day_count ADD CONSTRAINT no CHECK (false) NOT VALID");
        await Assert.ThrowsAnyAsync<Exception>(() => Rollup.RollUpAsync(default));
        Assert.Equal(new VisitSum(1, 0), await SumAsync(Everything));

        await _database.ExecuteAsync("ALTER TABLE day_count DROP CONSTRAINT no");
        Assert.True(await Rollup.RollUpAsync(default));
        Assert.Equal(new VisitSum(1, 0), await SumAsync(Everything));
    }

    [Fact]
    public async Task On_the_previous_schema_visits_are_counted()
    {
        await using var earlier = await databases.OpenEarlierAsync();
        var visit = NewVisit(1);
        var batch = new VisitBatch(new(1, 1, Guid.CreateVersion7()), 1, [visit]);
        await earlier.Get<IVisitStore>().AddAsync(batch, default);

        Assert.Equal(1, (await earlier.Get<IVisitReader>().ReadTotalAsync(visit.Link, default)).Visits);
    }
}
