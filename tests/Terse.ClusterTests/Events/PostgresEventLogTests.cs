using Terse.Access;
using Terse.Domains;
using Terse.Events;
using Terse.Harness;
using Terse.Horizon;
using Terse.Hosting;
using Terse.Links;
using Terse.Storage.Postgres;
using Terse.TestSupport;
using Terse.Visits;

namespace Terse.ClusterTests;

public sealed class PostgresEventLogTests(TestDatabases databases) : EventLogContract
{
    /// <summary>Replaces the clock, which would stop at the time of a test, by one that runs.</summary>
    private const string RunClock =
        """
        CREATE TABLE fake.shift (by interval);
        CREATE OR REPLACE FUNCTION fake.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
            'SELECT pg_catalog.clock_timestamp()
                + coalesce((SELECT max(by) FROM fake.shift), interval ''0 s'')'
        """;

    private TestDatabase _database = null!;

    private protected override IEventLog Log => _database.Get<IEventLog>();

    private protected override ILinkStore Links => _database.Get<ILinkStore>();

    private protected override IKeyStore Keys => _database.Get<IKeyStore>();

    private protected override IDomainStore Domains => _database.Get<IDomainStore>();

    private protected override IBlockStore Blocks => _database.Get<IBlockStore>();

    public override async ValueTask InitializeAsync()
    {
        _database = await databases.OpenAsync();
        await _database.ExecuteAsync(RunClock);
        await _database.Get<PostgresIndexes>().BuildAsync([PostgresLinkExpiry.Index], default);
    }

    protected override ValueTask CloseAsync() => _database.DisposeAsync();

    private protected override IVisitEraser Eraser => _database.Get<IVisitEraser>();

    private const string InsertTagged =
        """
        INSERT INTO event (at, type, subject, link_id, version, data, is_undispatched)
        SELECT horizon_instant(), 'link.visited', '/c', $1, 1, $2, false FROM generate_series(1, $3)
        """;

    private protected override Task AddTaggedAsync(long link, string tag, int count)
    {
        var at = EventSamples.Now.UtcDateTime;
        return _database.ExecuteAsync(
            InsertTagged, link, new VisitData(1, 0, at, at, [tag]).Write(), count);
    }

    private protected override IVisitStore NewVisitStore(VisitOptIn optIn) => new PostgresVisitStore(
        _database.Get<PostgresVisitTransactions>(),
        _database.Get<PostgresVisitPartitions>(),
        new PostgresVisitEvents(optIn));

    private protected override async Task ExpireLinksAsync(DateTimeOffset now)
    {
        await _database.ExecuteAsync(
            "INSERT INTO fake.shift VALUES ($1 - pg_catalog.clock_timestamp())", now);
        await Eventually.IsTrueAsync(async () => await _database.ReadAsync(
            "SELECT count(*) FROM horizon WHERE closed_at > clock_timestamp() - interval '5 s'") == 1);
        await _database.Get<PostgresLinkExpiry>().RunAsync(default);
    }

    [Fact]
    public async Task On_the_schema_of_the_version_before_there_is_no_log_and_no_link_expires()
    {
        await using var earlier = await databases.OpenEarlierAsync();

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(
            () => earlier.Get<IEventLog>().ReadAsync(null, 10, default));
        Assert.Contains("terse migrate", refused.Message, StringComparison.Ordinal);
        await earlier.Get<PostgresLinkExpiry>().RunAsync(default);
        await earlier.Get<PostgresPartitionUpkeep>().RunAsync(default);
        await earlier.Get<PostgresWebhookEnd>().ContinueAsync(default);
        Assert.False(await earlier.Get<IVisitEraser>().EraseAsync(default));
        var visit = new Visit(
            Tsid.FromInt64(1), EventSamples.Now, RedirectOutcome.Followed, false, "", "", "", "", "");
        Assert.True(await earlier.Get<IVisitStore>().AddAsync(
            new(new(1, 1, new("d8f4a1c6-7a83-4e0e-8f06-4b34a27f6f6d")), 1, [visit]), default));
    }

    [Fact]
    public async Task An_event_that_is_written_while_its_link_is_erased_loses_its_tags()
    {
        var link = await Links.CreateAsync(EventSamples.NewLink(1, "", "private"));
        var (written, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var writing = _database.Cluster.WriteAsync(
            ConnectionShare.Nodes,
            0,
            async (write, _, token) =>
            {
                await using var locking = write.CreateCommand(PostgresErasedLinks.Lock);
                await locking.ExecuteNonQueryAsync(token);
                await AddTaggedAsync(1, "private", 1);
                written.SetResult();
                await release.Task;
                return true;
            },
            default);
        await written.Task;
        await Links.ChangeAsync(link.Erase(EventSamples.Now));

        var erasing = Eraser.EraseAsync(default);
        await AwaitAdvisoryLockAsync();
        release.SetResult();
        await writing;
        Assert.True(await erasing);
        while (await Eraser.EraseAsync(default))
        {
            // The next step.
        }

        Assert.Equal(0, await _database.ReadAsync("SELECT count(*) FROM event WHERE data LIKE '%private%'"));
    }

    [Fact]
    public async Task A_link_that_is_erased_just_before_it_expires_gives_no_event_with_its_tags()
    {
        var now = TimeProvider.System.GetUtcNow();
        var link = await Links.CreateAsync(
            EventSamples.NewLink(1, "", "private") with { ExpiresAt = now.AddHours(1) });
        var (locked, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var erasing = _database.Cluster.WriteAsync(
            ConnectionShare.Nodes,
            0,
            async (write, _, token) =>
            {
                await using var locking = write.CreateCommand(PostgresErasedLinks.LockAll);
                await locking.ExecuteNonQueryAsync(token);
                locked.SetResult();
                await release.Task;
                return true;
            },
            default);
        await locked.Task;

        var expiring = ExpireLinksAsync(now.AddHours(2));
        await AwaitAdvisoryLockAsync();
        await Links.ChangeAsync(link.Erase(EventSamples.Now));
        release.SetResult();
        await Task.WhenAll(erasing, expiring);

        Assert.Equal(0, await CountExpiredAsync());
    }

    private Task AwaitAdvisoryLockAsync() => Eventually.IsTrueAsync(async () => await _database.ReadAsync(
        """
        SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory' AND database = (
            SELECT oid FROM pg_database WHERE datname = current_database())
            AND classid = x'56495349'::integer::oid
        """) > 0);

    [Fact]
    public async Task A_link_that_was_stored_before_the_tables_of_events_existed_gives_events_of_its_visits()
    {
        await using var database = await databases.OpenEarlierAsync();
        var (links, search) = (
            database.Get<ILinkStore>(), database.Get<PostgresVisitEventSearch>());
        await links.CreateAsync(EventSamples.NewLink(1));
        await links.CreateAsync(EventSamples.NewLink(2) with { Settings = new() { VisitEvents = true } });
        await links.CreateAsync(EventSamples.NewLink(3));
        await search.RunAsync(default);
        Assert.Null(await PostgresMigrations.TryApplyAsync(
            database.Cluster, PostgresMigrations.Load(), TimeProvider.System, default));
        Assert.Equal(0, await database.ReadAsync("SELECT count(*) FROM visit_event_link"));

        await search.RunAsync(default);

        Assert.Equal(1, await database.ReadAsync("SELECT count(*) FROM visit_event_link"));
        Assert.Equal(0, await database.ReadAsync("SELECT count(*) FROM visit_event_search"));
    }

    [Fact]
    public async Task Without_a_link_whose_visits_become_events_the_search_ends_after_several_steps()
    {
        await _database.ExecuteAsync(
            """
            INSERT INTO link (id, domain, code, target, created_at, written_at)
            SELECT n, '', 'x' || n, 'https://example.com/', $1, $1 + interval '1 hour'
            FROM generate_series(1, 12000) AS n
            """,
            TimeProvider.System.GetUtcNow());
        await _database.ExecuteAsync("INSERT INTO visit_event_search VALUES (1, 0, 11000)");
        await _database.ExecuteAsync(
            "UPDATE link SET settings = '{\"visitEvents\":true}' WHERE id = 11500");
        await _database.ExecuteAsync("DELETE FROM visit_event_link");

        await _database.Get<PostgresVisitEventSearch>().RunAsync(default);

        Assert.Equal(0, await _database.ReadAsync("SELECT count(*) FROM visit_event_search"));
        Assert.Equal(0, await _database.ReadAsync("SELECT count(*) FROM visit_event_link"));
    }

    [Fact]
    public async Task A_link_that_was_deleted_when_it_expired_gives_its_event_when_it_is_restored()
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(
            TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        var link = await Links.CreateAsync(
            EventSamples.NewLink(1) with { ExpiresAt = now.AddHours(2) });
        var deleted = await Links.ChangeAsync(link with { DeletedAt = now });
        await ExpireLinksAsync(now.AddHours(3));
        Assert.Equal(0, await CountExpiredAsync());

        var restored = await Links.ChangeAsync(deleted with { DeletedAt = null });
        Assert.Equal(1, await CountExpiredAsync());
        await Links.ChangeAsync(restored with { Target = "https://example.com/else" });
        await ExpireLinksAsync(now.AddHours(4));
        Assert.Equal(1, await CountExpiredAsync());
    }

    [Fact]
    public async Task Of_many_links_that_expire_together_each_gives_one_event()
    {
        var now = TimeProvider.System.GetUtcNow();
        await _database.ExecuteAsync(
            """
            INSERT INTO link (id, domain, code, target, created_at, written_at, expires_at)
            SELECT n, '', 'x' || n, 'https://example.com/', $1, $1 + interval '1 hour',
                $1 + interval '2 hours'
            FROM generate_series(1, 2500) AS n
            """,
            now);

        await ExpireLinksAsync(now.AddHours(3));

        Assert.Equal(2500, await CountExpiredAsync());
        Assert.Equal(2500, await _database.ReadAsync(
            "SELECT count(DISTINCT link_id) FROM event WHERE type = 'link.expired'"));
    }

    [Fact]
    public async Task Events_of_days_without_a_partition_are_kept_and_old_days_are_dropped()
    {
        var upkeep = _database.Get<PostgresPartitionUpkeep>();
        await _database.ExecuteAsync("INSERT INTO fake.shift VALUES ('3000 days')");
        await _database.ExecuteAsync("INSERT INTO audit (action, subject) VALUES ('key.create', 'a')");
        Assert.Equal(1, await _database.ReadAsync("SELECT count(*) FROM event_rest"));

        await upkeep.RunAsync(default);
        Assert.Equal(0, await _database.ReadAsync("SELECT count(*) FROM event_rest"));
        Assert.Equal(1, await _database.ReadAsync("SELECT count(*) FROM event WHERE type = 'key.created'"));
        Assert.Equal(9, await CountPartitionsAsync("event"));

        await _database.ExecuteAsync("INSERT INTO fake.shift VALUES ('3014 days')");
        await upkeep.RunAsync(default);
        Assert.Equal(1, await _database.ReadAsync("SELECT count(*) FROM event"));
        await _database.ExecuteAsync("INSERT INTO fake.shift VALUES ('3016 days')");
        await upkeep.RunAsync(default);
        Assert.Equal(0, await _database.ReadAsync("SELECT count(*) FROM event"));
        Assert.Equal(await CountPartitionsAsync("event"), await CountPartitionsAsync("delivery"));
    }

    private Task<long> CountPartitionsAsync(string table) => _database.ReadAsync(
        $"SELECT count(*) FROM pg_inherits WHERE inhparent = '{table}'::regclass");

    private Task<long> CountExpiredAsync() =>
        _database.ReadAsync("SELECT count(*) FROM event WHERE type = 'link.expired'");
}
