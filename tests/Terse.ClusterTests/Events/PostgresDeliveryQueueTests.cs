using Terse.Access;
using Terse.Events;
using Terse.Harness;
using Terse.Horizon;
using Terse.Hosting;
using Terse.Links;
using Terse.Storage.Postgres;
using Terse.TestSupport;
using static Terse.TestSupport.EventSamples;

namespace Terse.ClusterTests;

public sealed class PostgresDeliveryQueueTests(TestDatabases databases) : DeliveryQueueContract
{
    private static readonly TakeRequest All = new(
        new Dictionary<string, int>(), 100, 100, 10, TimeSpan.FromSeconds(30), Now);

    private TestDatabase _database = null!;
    private IDeliveryQueue _queue = null!;

    private protected override IDeliveryQueue Queue => _queue;

    private protected override IDeliveryLog Deliveries => _database.Get<IDeliveryLog>();

    private protected override IWebhookStore Webhooks => _database.Get<IWebhookStore>();

    private protected override ILinkStore Links => _database.Get<ILinkStore>();

    public override async ValueTask InitializeAsync()
    {
        _database = await databases.OpenAsync();
        _queue = NewQueue();
    }

    /// <summary>Also starts over as another server, which remembers no floors.</summary>
    protected override async Task PassAsync(TimeSpan time)
    {
        _queue = NewQueue();
        await _database.ExecuteAsync("UPDATE delivery_line SET due_at = due_at - $1", time);
        await _database.ExecuteAsync("UPDATE webhook SET slowed_until = slowed_until - $1", time);
    }

    protected override Task ExecuteAsync(string sql) => _database.ExecuteAsync(sql);

    protected override Task<long> CountAsync(string sql) => _database.ReadAsync(sql);

    protected override Task ContinueEndsAsync() => _database.Get<PostgresWebhookEnd>().ContinueAsync(default);

    protected override ValueTask CloseAsync() => _database.DisposeAsync();

    [Fact]
    public async Task While_one_server_dispatches_another_does_not_wait()
    {
        await Webhooks.AddAsync(NewWebhook("a"), Actor.None, default);
        await Links.CreateAsync(NewLink(1));
        var (dispatching, release) = await DispatchSlowlyAsync();

        Assert.Equal(0, await DispatchAsync());
        Assert.Empty(await Queue.TakeAsync(All, default));

        release.SetResult();
        Assert.Equal(2, await dispatching);
        Assert.Equal(0, await DispatchAsync());
        Assert.Single(await Queue.TakeAsync(All, default));
    }

    [Fact]
    public async Task A_line_stays_when_an_event_is_dispatched_while_its_last_delivery_finishes()
    {
        await Webhooks.AddAsync(NewWebhook("a"), Actor.None, default);
        var link = await Links.CreateAsync(NewLink(1));
        await DispatchAsync();
        var held = Assert.Single(await Queue.TakeAsync(All, default));
        await Links.ChangeAsync(link);
        var (dispatching, release) = await DispatchSlowlyAsync();

        var finishing = FinishAsync(held);
        await AwaitLockAsync();
        Assert.False(finishing.IsCompleted);
        release.SetResult();
        await Task.WhenAll(dispatching, finishing);

        Assert.Equal(2, Assert.Single(await Queue.TakeAsync(All, default)).Waiting.Single().Event.Version);
    }

    [Fact]
    public async Task A_line_comes_back_when_it_is_deleted_while_an_event_is_dispatched()
    {
        await Webhooks.AddAsync(NewWebhook("a"), Actor.None, default);
        var link = await Links.CreateAsync(NewLink(1));
        await DispatchAsync();
        var held = Assert.Single(await Queue.TakeAsync(All, default));
        await Links.ChangeAsync(link);
        var finished = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var finishing = _database.Cluster.WriteAsync(
            ConnectionShare.Nodes,
            0,
            async (write, _, token) =>
            {
                await PostgresDeliveryLines.FinishAsync(write, [Finished(held)], token);
                finished.SetResult();
                await release.Task;
                return true;
            },
            default);
        await finished.Task;

        var dispatching = DispatchAsync();
        await AwaitLockAsync();
        Assert.False(dispatching.IsCompleted);
        release.SetResult();
        await Task.WhenAll(finishing, dispatching);

        Assert.Equal(2, Assert.Single(await Queue.TakeAsync(All, default)).Waiting.Single().Event.Version);
    }

    [Fact]
    public async Task A_line_whose_deliveries_were_dropped_with_their_day_ends()
    {
        await Webhooks.AddAsync(NewWebhook("a"), Actor.None, default);
        await Links.CreateAsync(NewLink(1));
        await DispatchAsync();
        await _database.ExecuteAsync("DELETE FROM delivery");

        Assert.Empty(await Queue.TakeAsync(All, default));
        Assert.Equal(0, await _database.ReadAsync("SELECT count(*) FROM delivery_line"));
    }

    [Fact]
    public async Task A_line_that_another_transaction_has_locked_is_taken_afterwards()
    {
        await Webhooks.AddAsync(NewWebhook("a"), Actor.None, default);
        await Links.CreateAsync(NewLink(1));
        await DispatchAsync();
        await _database.Cluster.WriteAsync(
            ConnectionShare.Nodes,
            0,
            async (write, _, token) =>
            {
                await using var locking = write.CreateCommand("SELECT FROM delivery_line FOR UPDATE");
                await locking.ExecuteNonQueryAsync(token);
                Assert.Empty(await RunOutsideAsync(() => Queue.TakeAsync(All, default)));
                return true;
            },
            default);

        Assert.Single(await Queue.TakeAsync(All, default));
    }

    [Fact]
    public async Task An_event_whose_transaction_commits_after_later_ones_is_dispatched()
    {
        await Webhooks.AddAsync(NewWebhook("a"), Actor.None, default);
        var (written, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var writing = _database.Cluster.WriteAsync(
            ConnectionShare.Nodes,
            0,
            async (write, _, token) =>
            {
                await _database.ExecuteAsync(
                    "INSERT INTO audit (action, subject) VALUES ('key.create', 'a')");
                written.SetResult();
                await release.Task;
                return true;
            },
            default);
        await written.Task;
        await Links.CreateAsync(NewLink(1));
        Assert.Equal(2, await DispatchAsync());
        Assert.Equal(0, await DispatchAsync());

        release.SetResult();
        await writing;

        Assert.Equal(1, await DispatchAsync());
    }

    [Fact]
    public void A_dispatch_on_another_primary_begins_at_the_first_event()
    {
        var primary = new ClusterIdentity(1, 2, new("d8f4a1c6-7a83-4e0e-8f06-4b34a27f6f6d"));
        var floor = DispatchFloor.None.On(primary).MoveTo(7);

        Assert.Equal(7, floor.On(primary).MoveTo(5).EventId);
        var other = primary with { Term = new("25d7b5f0-39cf-4a34-9d30-4a4ee2f7a9d1") };
        Assert.Equal(0, floor.On(other).EventId);
        Assert.Equal(0, floor.On(primary with { Timeline = 0 }).On(primary with { Timeline = 0 }).EventId);
    }

    [Fact]
    public async Task After_a_dispatch_that_failed_the_next_ones_are_smaller_at_first()
    {
        await Webhooks.AddAsync(NewWebhook("a"), Actor.None, default);
        await DispatchAsync();
        for (var id = 1; id <= 60; id++)
            await Links.CreateAsync(NewLink(id));
        await _database.Cluster.WriteAsync(
            ConnectionShare.Nodes,
            0,
            async (write, _, token) =>
            {
                await using var locking = write.CreateCommand("SELECT FROM webhook FOR UPDATE");
                await locking.ExecuteNonQueryAsync(token);
                await Assert.ThrowsAsync<StoreUnavailableException>(
                    () => RunOutsideAsync(() => Queue.DispatchAsync(40, Matches, default)));
                return true;
            },
            default);

        Assert.Equal(60, await DispatchAsync());
        Assert.Equal(20, await _database.ReadAsync(
            "SELECT count(*) FROM delivery GROUP BY xmin::text ORDER BY min(event_id) LIMIT 1"));
        Assert.Equal(3, await _database.ReadAsync("SELECT count(DISTINCT xmin::text) FROM delivery"));
    }

    /// <summary>
    /// Several writers change a link at the same time, while events are dispatched and delivered.
    /// </summary>
    [Fact]
    public async Task The_events_of_a_link_that_many_change_at_once_are_delivered_in_order()
    {
        const int Changes = 40;
        await Webhooks.AddAsync(NewWebhook("a"), Actor.None, default);
        var first = await Links.CreateAsync(NewLink(1));
        var writers = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ChangeAsync(first, Changes)));
        var delivered = new List<int>();

        await Eventually.IsTrueAsync(async () =>
        {
            await DispatchAsync();
            foreach (var line in await Queue.TakeAsync(All, default))
            {
                delivered.AddRange(line.Waiting.Select(waiting => waiting.Event.Version!.Value));
                await FinishAsync(line);
            }

            return delivered.Count > Changes;
        });
        await writers;

        Assert.Equal(Enumerable.Range(1, Changes + 1), delivered);
    }

    private PostgresDeliveryQueue NewQueue() =>
        new(_database.Get<PostgresEventTransactions>(), TimeProvider.System);

    /// <summary>Changes a link until it has a version. Another writer may make each version first.</summary>
    private async Task ChangeAsync(Link link, int changes)
    {
        while (link.Version <= changes)
        {
            var next = link with { Version = link.Version + 1 };
            await Links.ReplaceAsync(next, default);
            link = next;
        }
    }

    /// <summary>Runs a call beside the open transaction, in another one.</summary>
    private static Task<T> RunOutsideAsync<T>(Func<Task<T>> call)
    {
        using (ExecutionContext.SuppressFlow())
            return Task.Run(call);
    }

    /// <summary>Dispatches in a transaction that stays open until the test releases it.</summary>
    private async Task<(Task<int> Dispatching, TaskCompletionSource Release)> DispatchSlowlyAsync()
    {
        var done = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var dispatching = _database.Cluster.WriteAsync(
            ConnectionShare.Nodes,
            0,
            async (write, _, token) =>
            {
                var (count, _) = await PostgresDispatch.RunAsync(
                    write, (100, Matches, DispatchFloor.None), token);
                done.SetResult();
                await release.Task;
                return count;
            },
            default);
        await Task.WhenAny(done.Task, dispatching);
        return (dispatching, release);
    }

    private Task AwaitLockAsync() => Eventually.IsTrueAsync(async () => await _database.ReadAsync(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'") > 0);

    private Task<int> DispatchAsync() =>
        Queue.DispatchAsync(100, Matches, default);

    private static bool Matches(Webhook webhook, StoredEvent stored) => webhook.Filter.Matches(stored);

    private Task FinishAsync(TakenLine line) => Queue.FinishAsync([Finished(line)], default);

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
