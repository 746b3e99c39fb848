using Npgsql;
using Terse.Harness;
using Terse.Horizon;
using Terse.Hosting;
using Terse.Links;
using Terse.Storage.Postgres;
using Terse.TestSupport;

namespace Terse.ClusterTests;

public sealed class PostgresCreationStoreTests(TestDatabases databases) : CreationStoreContract
{
    private TestDatabase _database = null!;

    private protected override ICreationStore Store => _database.Get<ICreationStore>();

    private protected override ILinkStore Links => _database.Get<ILinkStore>();

    private protected override ILinkReader Reader => _database.Get<ILinkReader>();

    public override async ValueTask InitializeAsync() => _database = await databases.OpenAsync();

    protected override ValueTask CloseAsync() => _database.DisposeAsync();

    protected override Task AgeAsync(TimeSpan age) =>
        _database.ExecuteAsync("UPDATE idempotency SET created_at = created_at - $1", age);

    protected override Task CleanUpAsync() => _database.CleanUpAsync();

    [Fact]
    public async Task A_link_of_a_tick_that_the_horizon_has_passed_leaves_no_key()
    {
        var past = TimeProvider.System.GetUtcNow().AddMinutes(-1);
        await Eventually.IsTrueAsync(() => Task.FromResult(_database.Cluster.Hosts[0].State.Horizon > past));

        Assert.Equal(
            Tried(AddLinkResult.TooLate),
            await Store.AddOnceAsync(Request("key", "this"), NewLink(1, "late"), past, default));
        Assert.Equal(0, await CountKeysAsync());
        Assert.Equal(Tried(AddLinkResult.Added), await AddOnceAsync(Request("key", "that"), NewLink(2, "b")));
    }

    /// <summary>
    /// PostgreSQL sends the inserted row before it commits. If the commit fails, the driver throws only when
    /// the Terse server reads the response to its end.
    /// </summary>
    [Fact]
    public async Task A_failed_commit_is_an_error_and_not_a_created_link()
    {
        await _database.ExecuteAsync(
            """
            CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'XX000'; END $$;
            CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON link DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION fail();
            """);

        await Assert.ThrowsAsync<PostgresException>(
            () => AddOnceAsync(Request("key", "this"), NewLink(1, "a")));
        await _database.ExecuteAsync("DROP TRIGGER fail ON link");
        Assert.Equal(0, await CountKeysAsync());
        Assert.Equal(Tried(AddLinkResult.Added), await AddOnceAsync(Request("key", "that"), NewLink(1, "a")));
    }

    /// <summary>
    /// After a restart, queries on a primary see commits that the synchronous replica has not received yet. A
    /// failover would lose these commits. A retry that only reads the first creation could therefore
    /// acknowledge a link that is lost later. So the retry commits a transaction of its own, which waits for
    /// the replica.
    /// </summary>
    [Fact]
    public async Task A_retry_is_answered_after_its_own_commit()
    {
        var link = NewLink(1, "first");
        await AddOnceAsync(Request("key", "this"), link);
        var first = await _database.ReadAsync("SELECT xmin::text::bigint FROM idempotency");
        var retry = await AddOnceAsync(Request("key", "this"), NewLink(2, "second"));
        var last = await _database.ReadAsync("SELECT xmin::text::bigint FROM idempotency");

        Assert.Equal(new AddOnceResult.Repeated(link), retry);
        Assert.InRange(last, first + 1, long.MaxValue);
    }

    [Fact]
    public async Task A_creation_with_a_held_key_waits_for_the_link_of_the_first_creation()
    {
        var first = NewLink(1, "first");
        var (holding, isToCommit) = await HoldAsync(Request("key", "this"), first);
        var waiting = AddOnceAsync(Request("key", "this"), NewLink(2, "second"));
        await Eventually.IsTrueAsync(async () => await CountWaitingAsync() == 1);
        isToCommit.SetResult(true);

        Assert.True(await holding);
        Assert.Equal(new AddOnceResult.Repeated(first), await waiting);
    }

    [Fact]
    public async Task A_released_key_is_used_by_the_waiting_creation()
    {
        var (holding, isToCommit) = await HoldAsync(Request("key", "this"), NewLink(1, "first"));
        var waiting = AddOnceAsync(Request("key", "that"), NewLink(2, "second"));
        await Eventually.IsTrueAsync(async () => await CountWaitingAsync() == 1);
        isToCommit.SetResult(false);

        await Assert.ThrowsAsync<FormatException>(() => holding);
        Assert.Equal(Tried(AddLinkResult.Added), await waiting);
    }

    [Fact]
    public async Task A_key_that_stays_held_is_answered_as_an_unavailable_store()
    {
        var (holding, isToCommit) = await HoldAsync(Request("key", "this"), NewLink(1, "first"));

        await Assert.ThrowsAsync<StoreUnavailableException>(
            () => AddOnceAsync(Request("key", "this"), NewLink(2, "second")));
        isToCommit.SetResult(true);
        Assert.True(await holding);
    }

    [Fact]
    public async Task On_the_previous_schema_keys_are_stored()
    {
        await using var earlier = await databases.OpenEarlierAsync();
        var store = earlier.Get<ICreationStore>();
        var first = NewLink(1, "first") with { MaxVisits = 3 };

        var added = await store.AddOnceAsync(Request("key", "this"), first, TickEnd, default);
        var again = await store.AddOnceAsync(Request("key", "this"), NewLink(3, "again"), TickEnd, default);

        Assert.Equal([Tried(AddLinkResult.Added), new AddOnceResult.Repeated(first)], [added, again]);
        Assert.Equal(1, await earlier.ReadAsync("SELECT count(*) FROM idempotency"));
        Assert.Equal(1, await earlier.ReadAsync("SELECT count(*) FROM link"));
    }

    /// <summary>
    /// Creations that arrive while a statement runs share the next statement. The first statement has to
    /// wait, because another open transaction has inserted the same idempotency key.
    /// </summary>
    [Fact]
    public async Task Creations_that_wait_share_a_statement_and_each_gets_its_own_answer()
    {
        var taken = NewLink(1, "taken");
        await Links.AddAsync(taken, TickEnd, default);
        var (holding, isToCommit) = await HoldAsync(Request("held", "this"), NewLink(2, "first"));
        var held = AddOnceAsync(Request("held", "this"), NewLink(3, "second"));
        await Eventually.IsTrueAsync(async () => await CountWaitingAsync() == 1);

        var added = Enumerable.Range(10, 40)
            .Select(id => AddOnceAsync(Request($"key {id}", "this"), NewLink(id, $"code {id}")))
            .ToList();
        var repeated = AddOnceAsync(Request("key 10", "this"), NewLink(50, "repeated"));
        var reused = AddOnceAsync(Request("key 11", "that"), NewLink(51, "reused"));
        var conflicting = AddOnceAsync(Request("key 52", "this"), NewLink(52, "taken"));
        isToCommit.SetResult(true);

        Assert.True(await holding);
        Assert.IsType<AddOnceResult.Repeated>(await held);
        Assert.All(await Task.WhenAll(added), result => Assert.Equal(Tried(AddLinkResult.Added), result));
        Assert.Equal(new AddOnceResult.Repeated(NewLink(10, "code 10")), await repeated);
        Assert.IsType<AddOnceResult.KeyReused>(await reused);
        Assert.Equal(Tried(AddLinkResult.CodeTaken), await conflicting);
        Assert.Equal(41, await CountKeysAsync());
        Assert.Equal(1, await _database.ReadAsync(
            "SELECT count(DISTINCT xmin::text) FROM link WHERE code LIKE 'code %'"));
    }

    private const string InsertKey = "INSERT INTO idempotency (key, request, link_id) VALUES ($1, $2, $3)";

    /// <summary>
    /// Inserts a link and its idempotency key in a transaction, and keeps the transaction open until the
    /// caller completes <c>IsToCommit</c>.
    /// </summary>
    private async Task<(Task<bool> Holding, TaskCompletionSource<bool> IsToCommit)> HoldAsync(
        IdempotentRequest request, Link link)
    {
        var (isHeld, isToCommit) = (new TaskCompletionSource(), new TaskCompletionSource<bool>());
        var holding = _database.Cluster.WriteAsync(
            ConnectionShare.Nodes,
            (request, link),
            async (write, held, token) =>
            {
                await using var insert = write.CreateCommand(InsertKey);
                insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = held.request.Key });
                insert.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = held.request.Hash });
                insert.Parameters.Add(new NpgsqlParameter<long> { TypedValue = held.link.Id.ToInt64() });
                await insert.ExecuteNonQueryAsync(token);
                await using var add = write.CreateCommand(PostgresLinkInserter.InsertLink);
                PostgresLinkInserter.BindLink(add, new(held.link, TickEnd));
                await add.ExecuteNonQueryAsync(token);
                isHeld.SetResult();
                return await isToCommit.Task ? true : throw new FormatException();
            },
            default);
        await isHeld.Task;
        return (holding, isToCommit);
    }

    protected override Task<long> CountKeysAsync() => _database.ReadAsync("SELECT count(*) FROM idempotency");

    private Task<long> CountWaitingAsync() => _database.ReadAsync(
        """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event = 'transactionid'
        """);
}
