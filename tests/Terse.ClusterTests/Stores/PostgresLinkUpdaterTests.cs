using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Terse.Harness;
using Terse.Horizon;
using Terse.Links;
using Terse.Storage;
using Terse.Storage.Postgres;

namespace Terse.ClusterTests;

/// <summary>Tests changes of links that share a statement, and the feed of these changes.</summary>
public sealed class PostgresLinkUpdaterTests(TestDatabases databases) : IAsyncLifetime
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private TestDatabase _database = null!;

    private ILinkStore Store => _database.Get<ILinkStore>();

    public async ValueTask InitializeAsync() => _database = await databases.OpenAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    /// <summary>
    /// A lock on the table keeps the first shared statement waiting. Meanwhile the other changes arrive, and
    /// the next statement stores all of them. Each transaction has its own <c>xmin</c> in its rows.
    /// </summary>
    [Fact]
    public async Task Changes_that_wait_for_a_commit_are_stored_by_one_transaction()
    {
        var links = await AddAsync(200);
        var changing = await WhileFirstChangeWaitsAsync(links[0], () => links[1..].Select(ChangeAsync));

        Assert.DoesNotContain(null, await Task.WhenAll(changing));
        Assert.Equal(200, await _database.ReadAsync("SELECT count(*) FROM link WHERE version = 2"));
        Assert.Equal(2, await _database.ReadAsync("SELECT count(DISTINCT xmin::text) FROM link_change"));
    }

    [Fact]
    public async Task Of_the_changes_of_one_version_in_a_statement_one_is_stored()
    {
        var links = await AddAsync(2);
        var changing = await WhileFirstChangeWaitsAsync(
            links[0], () => Enumerable.Range(0, 50).Select(_ => ChangeAsync(links[1])));

        Assert.Equal(2, (await Task.WhenAll(changing)).Count(written => written is not null));
        Assert.Equal(2, await _database.ReadAsync("SELECT count(*) FROM link_change"));
    }

    [Fact]
    public async Task A_link_that_another_transaction_has_locked_delays_no_change_of_another_link()
    {
        var links = await AddAsync(20);
        var locked = await WhileLockedAsync("SELECT FROM link WHERE code = 'c1' FOR UPDATE", async () =>
        {
            var first = ChangeAsync(links[0]);
            Assert.DoesNotContain(null, await Task.WhenAll(links[1..].Select(ChangeAsync)));
            Assert.False(first.IsCompleted);
            return first;
        });

        Assert.NotNull(await locked);
    }

    /// <summary>
    /// Another server counts a visit of the link with the lowest id. While a statement waits for this limit,
    /// it must have locked no other limit, because the other server may need that one next.
    /// </summary>
    [Fact]
    public async Task A_statement_locks_the_limits_of_its_links_in_the_order_of_their_ids()
    {
        var links = await AddAsync(20);
        foreach (var link in links.AsEnumerable().Reverse()) // Puts the rows into the opposite order.
            await _database.ExecuteAsync("UPDATE link SET max_visits = 9 WHERE id = $1", link.Id.ToInt64());
        const string Locked = "SELECT FROM link_limit WHERE link_id = 2 FOR UPDATE";
        var changing = await WhileLockedAsync(ConnectionShare.Limits, Locked, async () =>
        {
            var changes = await WhileFirstChangeWaitsAsync(
                links[0], () => links[1..].AsEnumerable().Reverse().Select(ChangeLimitAsync));
            await changes[0];
            await Eventually.IsTrueAsync(IsWaitingAsync);
            await _database.ExecuteAsync("SELECT FROM link_limit WHERE link_id > $1 FOR UPDATE NOWAIT", 2);
            return changes;
        });

        Assert.DoesNotContain(null, await Task.WhenAll(changing));
    }

    /// <summary>
    /// After the clock of the primary steps back, all changes get the same time, just after the horizon. No
    /// notification arrives here, so the feed publishes what its reads return.
    /// </summary>
    [Fact]
    public async Task Each_change_of_a_link_is_published_although_the_clock_of_the_primary_stepped_back()
    {
        await AddAsync(1);
        var published = new CountedChanges();
        using var feed = new PostgresChangeFeed(
            new SilentSource(_database.Get<IChangeSource>()),
            _database.Get<PendingChanges>(),
            published,
            new ChangeMetrics(_database.Get<IMeterFactory>()),
            TimeProvider.System,
            NullLogger<PostgresChangeFeed>.Instance);
        await feed.StartAsync(default);
        await published.Connected;
        await _database.SetClockAsync(TimeProvider.System.GetUtcNow() - Hour);
        for (var version = 2; version <= 4; version++)
        {
            await _database.ExecuteAsync("UPDATE link SET version = $1", version);
            var changes = version - 1;
            await Eventually.IsTrueAsync(() => Task.FromResult(published.Count >= changes));
        }

        Assert.Equal(1, await _database.ReadAsync("SELECT count(DISTINCT written_at) FROM link_change"));
        await feed.StopAsync(default);
    }

    private async Task<List<Link>> AddAsync(int count)
    {
        var now = TimeProvider.System.GetUtcNow();
        var links = Enumerable.Range(1, count).Select(id =>
            new Link(Tsid.FromInt64(id), "", $"c{id}", "https://example.com/", now)).ToList();
        var added = await Task.WhenAll(links.Select(link => Store.AddAsync(link, now + Hour, default)));
        Assert.All(added, result => Assert.Equal(AddLinkResult.Added, result));
        return links;
    }

    private Task<DateTimeOffset?> ChangeAsync(Link link) =>
        Store.ReplaceAsync(link with { Version = 2, Target = "https://example.com/new" }, default);

    private Task<DateTimeOffset?> ChangeLimitAsync(Link link) =>
        Store.ReplaceAsync(link with { Version = 2, MaxVisits = 5 }, default);

    /// <summary>
    /// Starts a change, which waits for a lock, then the other changes, and then releases the lock.
    /// </summary>
    private Task<List<Task<DateTimeOffset?>>> WhileFirstChangeWaitsAsync(
        Link first, Func<IEnumerable<Task<DateTimeOffset?>>> startOthers) =>
        WhileLockedAsync("LOCK TABLE link IN SHARE MODE", async () =>
        {
            List<Task<DateTimeOffset?>> changing = [ChangeAsync(first)];
            await Eventually.IsTrueAsync(IsWaitingAsync);
            changing.AddRange(startOthers());
            return changing;
        });

    private Task<T> WhileLockedAsync<T>(string sql, Func<Task<T>> work) =>
        WhileLockedAsync(ConnectionShare.Visits, sql, work);

    private Task<T> WhileLockedAsync<T>(
        ConnectionShare share, string sql, Func<Task<T>> work) => _database.Cluster.WriteAsync(
        share,
        (sql, work),
        static async (write, call, token) =>
        {
            await using var command = write.CreateCommand(call.sql);
            await command.ExecuteNonQueryAsync(token);
            Task<T> working;
            using (ExecutionContext.SuppressFlow()) // The work must not join the transaction of the lock.
                working = Task.Run(call.work, token);
            return await working;
        },
        default);

    private async Task<bool> IsWaitingAsync() => await _database.ReadAsync(
        """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND query ~ 'UPDATE link SET'
        """) > 0;

    /// <summary>A source of changes that passes no notification on.</summary>
    private sealed class SilentSource(IChangeSource source) : IChangeSource
    {
        public int Generation => source.Generation;

        public Moment CompleteOnAllHosts => source.CompleteOnAllHosts;

        public Task<IChangeConnection> ListenAsync(
            Action<ChangeNotice> onNotification, CancellationToken cancellationToken) =>
            source.ListenAsync(static _ => { }, cancellationToken);
    }

    private sealed class CountedChanges : ILinkChangeListener
    {
        private readonly TaskCompletionSource _connected =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        private int _count;

        public Task Connected => _connected.Task;

        public int Count => Volatile.Read(ref _count);

        public void OnChanged(LinkName name) => Interlocked.Increment(ref _count);

        public void OnComplete(long completeAt) => _connected.TrySetResult();

        public void OnAllChanged()
        {
        }
    }
}
