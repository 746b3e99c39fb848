using Terse.Access;
using Terse.Events;
using Terse.Links;
using static Terse.TestSupport.EventSamples;

namespace Terse.TestSupport;

/// <summary>The tests that the deliveries of every store must pass.</summary>
public abstract partial class DeliveryQueueContract : IAsyncLifetime
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private static readonly Dictionary<string, int> NothingInFlight = [];

    public abstract ValueTask InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    private protected abstract IDeliveryQueue Queue { get; }

    private protected abstract IDeliveryLog Deliveries { get; }

    private protected abstract IWebhookStore Webhooks { get; }

    private protected abstract ILinkStore Links { get; }

    /// <summary>
    /// Lets time pass for the lines and the webhooks: moves their times into the past, in the database.
    /// </summary>
    protected abstract Task PassAsync(TimeSpan time);

    /// <summary>Runs a statement on the database.</summary>
    protected abstract Task ExecuteAsync(string sql);

    protected abstract Task<long> CountAsync(string sql);

    /// <summary>Runs the job that continues with webhooks that have ended.</summary>
    protected abstract Task ContinueEndsAsync();

    protected abstract ValueTask CloseAsync();

    [Fact]
    public async Task Each_event_reaches_each_webhook_whose_filter_selects_it()
    {
        await AddWebhookAsync("tagged", EventFilter.All with { Tags = ["SPRING"] });
        await AddWebhookAsync("link2", EventFilter.All with { Links = [2] });
        await AddWebhookAsync("all", EventFilter.All with { Types = ["link.created", "webhook.deleted"] });
        await AddWebhookAsync("none", EventFilter.All with { Types = ["key"] });
        await Links.CreateAsync(NewLink(1, "", "spring"));
        await Links.CreateAsync(NewLink(2));

        Assert.InRange(await DispatchAsync(), 2, int.MaxValue);
        Assert.Equal(0, await DispatchAsync());
        var lines = await TakeAsync();

        Assert.Equal(
            [("all", "link:1"), ("all", "link:2"), ("link2", "link:2"), ("tagged", "link:1")],
            lines.Select(line => (line.Webhook.Id, line.Line)).Order());
        Assert.All(lines, line =>
        {
            var waiting = Assert.Single(line.Waiting);
            Assert.Equal(("link.created", 0), (waiting.Event.Type, waiting.Attempts));
            Assert.Contains("https://example.com/", waiting.Event.After, StringComparison.Ordinal);
            Assert.NotEqual(default, line.Lease);
            Assert.StartsWith("whsec_", line.Webhook.Secrets[0].Value, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Events_from_before_the_first_webhook_are_not_delivered()
    {
        await Links.CreateAsync(NewLink(1));
        await AddWebhookAsync("a");
        await DispatchAsync();

        Assert.Empty(await TakeAsync());
    }

    [Fact]
    public async Task Dispatching_continues_where_the_limit_ended()
    {
        await AddWebhookAsync("a");
        for (var id = 1; id <= 5; id++)
            await Links.CreateAsync(NewLink(id));
        var total = 0;
        for (int count; (count = await Queue.DispatchAsync(2, Matches, default)) > 0; total += count)
            Assert.InRange(count, 1, 2);

        Assert.InRange(total, 5, 6);
        Assert.Equal(5, (await TakeAsync()).Count);
    }

    [Fact]
    public async Task Dispatchers_on_several_servers_deliver_each_event_once()
    {
        await AddWebhookAsync("a");
        for (var id = 1; id <= 30; id++)
            await Links.CreateAsync(NewLink(id));

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => DispatchAsync()));
        await DispatchAsync();

        var lines = await TakeAsync();
        Assert.Equal(30, lines.Count);
        Assert.All(lines, line => Assert.Single(line.Waiting));
    }

    [Fact]
    public async Task A_line_has_the_events_of_its_link_in_order()
    {
        await AddWebhookAsync("a");
        var link = await Links.CreateAsync(NewLink(1));
        for (var version = 2; version <= 4; version++)
            link = await Links.ChangeAsync(link);
        await DispatchAsync();
        await Links.ChangeAsync(link);
        await DispatchAsync();

        var line = Assert.Single(await TakeAsync(maxOfLine: 4));

        Assert.Equal([1, 2, 3, 4], VersionsOf(line));
        await FinishAsync(line, DeliveryState.Delivered);
        Assert.Equal([5], VersionsOf(Assert.Single(await TakeAsync())));
    }

    [Fact]
    public async Task A_failed_delivery_holds_back_only_its_line()
    {
        await AddWebhookAsync("a");
        var link = await Links.CreateAsync(NewLink(1));
        await Links.ChangeAsync(link);
        await Links.CreateAsync(NewLink(2));
        await DispatchAsync();
        var lines = await TakeAsync();
        await Queue.FinishAsync(
            [
                Finished(LineOf(lines, 1), TimeSpan.FromMinutes(5), DeliveryState.Waiting),
                Finished(LineOf(lines, 2), TimeSpan.Zero, DeliveryState.Delivered),
            ],
            default);

        await Links.CreateAsync(NewLink(3));
        await Links.ChangeAsync(link with { Version = 2 });
        await DispatchAsync();
        Assert.Equal(["link:3"], (await TakeAsync()).Select(line => line.Line));
        await PassAsync(TimeSpan.FromMinutes(4));
        Assert.DoesNotContain("link:1", (await TakeAsync()).Select(line => line.Line));
        await PassAsync(TimeSpan.FromMinutes(2));
        var retried = (await TakeAsync()).Single(line => line.Line == "link:1");
        Assert.Equal([1, 2, 3], VersionsOf(retried));
        Assert.Equal([1, 0, 0], retried.Waiting.Select(waiting => waiting.Attempts));
    }

    [Fact]
    public async Task A_line_that_is_held_is_not_taken_until_its_lease_ends()
    {
        await AddWebhookAsync("a");
        await Links.CreateAsync(NewLink(1));
        await DispatchAsync();
        var first = Assert.Single(await TakeAsync());
        Assert.Empty(await TakeAsync());

        await PassAsync(TimeSpan.FromSeconds(29));
        Assert.Empty(await TakeAsync());
        await PassAsync(TimeSpan.FromSeconds(2));

        var second = Assert.Single(await TakeAsync());
        Assert.NotEqual(first.Lease, second.Lease);
        Assert.Equal(first.Waiting, second.Waiting);
    }

    [Fact]
    public async Task A_server_that_has_lost_its_lease_changes_nothing()
    {
        await AddWebhookAsync("a");
        await Links.CreateAsync(NewLink(1));
        await DispatchAsync();
        var lost = Assert.Single(await TakeAsync());
        await PassAsync(TimeSpan.FromMinutes(1));
        var held = Assert.Single(await TakeAsync());

        await FinishAsync(lost, DeliveryState.Dead);

        Assert.Equal(DeliveryState.Waiting, Assert.Single(await ListAsync("a")).State);
        await FinishAsync(held, DeliveryState.Delivered);
        await FinishAsync(lost, DeliveryState.Dead);
        Assert.Equal(DeliveryState.Delivered, Assert.Single(await ListAsync("a")).State);
        Assert.Empty(await TakeAsync());
    }

    [Fact]
    public async Task Servers_that_take_together_never_hold_the_same_line()
    {
        await AddWebhookAsync("a");
        await AddWebhookAsync("b");
        for (var id = 1; id <= 20; id++)
            await Links.CreateAsync(NewLink(id));
        await DispatchAsync();

        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => TakeAsync(maxLines: 10)));

        var lines = taken.SelectMany(lines => lines).ToList();
        Assert.Equal(lines.Count, lines.Select(line => (line.Webhook.Id, line.Line)).Distinct().Count());
        lines.AddRange(await TakeAsync());
        Assert.Equal(40, lines.Count);
    }

    [Fact]
    public async Task No_more_lines_of_a_webhook_are_taken_than_may_be_in_flight()
    {
        await AddWebhookAsync("a");
        await AddWebhookAsync("b");
        for (var id = 1; id <= 5; id++)
            await Links.CreateAsync(NewLink(id));
        await DispatchAsync();

        var lines = await Queue.TakeAsync(
            new(new Dictionary<string, int> { ["a"] = 1, ["b"] = 3 }, 3, 100, 10, Lease, Now), default);
        Assert.Equal(["a", "a"], lines.Select(line => line.Webhook.Id));
        Assert.Equal(2, (await TakeAsync(maxLines: 2)).Count);
    }

    [Fact]
    public async Task A_line_without_waiting_deliveries_ends()
    {
        await AddWebhookAsync("a");
        await Links.CreateAsync(NewLink(1));
        await DispatchAsync();
        await FinishAsync(Assert.Single(await TakeAsync()), DeliveryState.Dead);
        await PassAsync(TimeSpan.FromDays(1));

        Assert.Empty(await TakeAsync());
        var counts = await Deliveries.CountAsync(default);
        Assert.Equal((0, 0, 1), (counts.Undispatched, counts.Waiting, counts.Dead));
        Assert.Null(counts.OldestWaiting);
    }

    [Fact]
    public async Task An_event_that_comes_while_its_line_is_held_follows()
    {
        await AddWebhookAsync("a");
        var link = await Links.CreateAsync(NewLink(1));
        await DispatchAsync();
        var line = Assert.Single(await TakeAsync());
        await Links.ChangeAsync(link);
        await DispatchAsync();
        Assert.Empty(await TakeAsync());

        await FinishAsync(line, DeliveryState.Delivered);

        Assert.Equal([2], VersionsOf(Assert.Single(await TakeAsync())));
    }

    private async Task<Webhook> AddWebhookAsync(string id, EventFilter? filter = null)
    {
        var webhook = NewWebhook(id, filter);
        Assert.True(await Webhooks.AddAsync(webhook, Actor.None, default));
        return webhook;
    }

    private static bool Matches(Webhook webhook, StoredEvent stored) => webhook.Filter.Matches(stored);

    private Task<int> DispatchAsync() => Queue.DispatchAsync(1_000, Matches, default);

    private Task<IReadOnlyList<TakenLine>> TakeAsync(int maxLines = 100, int maxOfLine = 10) =>
        Queue.TakeAsync(new(NothingInFlight, 100, maxLines, maxOfLine, Lease, Now), default);

    /// <summary>Finishes a line with the same state for all its deliveries.</summary>
    private Task FinishAsync(TakenLine line, DeliveryState state) =>
        Queue.FinishAsync(
            [Finished(line, TimeSpan.Zero, [.. line.Waiting.Select(_ => state)])], default);

    private static FinishedLine Finished(
        TakenLine line, TimeSpan retryAfter, params DeliveryState[] states) => new(
        line.Webhook.Id,
        line.Line,
        line.Lease,
        [.. line.Waiting.Zip(states, (waiting, state) => new DeliveryOutcome(
            waiting.Event.Position,
            state,
            new(Now, state == DeliveryState.Delivered ? 204 : 503, TimeSpan.FromMilliseconds(12), "no")))],
        retryAfter);

    private static IEnumerable<int> VersionsOf(TakenLine line) =>
        line.Waiting.Select(waiting => waiting.Event.Version!.Value);

    private Task<IReadOnlyList<Delivery>> ListAsync(string webhook, DeliveryState? state = null) =>
        Deliveries.ListAsync(new(webhook, state), null, 100, default);
}
