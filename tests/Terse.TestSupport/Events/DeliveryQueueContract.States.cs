using Terse.Access;
using Terse.Events;
using static Terse.TestSupport.EventSamples;

namespace Terse.TestSupport;

/// <summary>The states of webhooks and deliveries, lists, and replays.</summary>
public abstract partial class DeliveryQueueContract
{
    [Fact]
    public async Task The_events_of_a_paused_webhook_wait()
    {
        var webhook = await AddWebhookAsync("a");
        var paused = await ChangeAsync(webhook with { State = WebhookState.Paused });
        await Links.CreateAsync(NewLink(1));
        await DispatchAsync();

        Assert.Empty(await TakeAsync());
        Assert.Equal(1, (await Deliveries.CountAsync(default)).Waiting);
        await ChangeAsync(paused with { State = WebhookState.Active });
        Assert.Single(await TakeAsync());
    }

    [Fact]
    public async Task Nothing_waits_for_an_ended_webhook()
    {
        var webhook = await AddWebhookAsync("a");
        await Links.CreateAsync(NewLink(1));
        await Links.CreateAsync(NewLink(2));
        await DispatchAsync();
        var held = (await TakeAsync(maxLines: 1))[0];
        var ended = await ChangeAsync(webhook with { State = WebhookState.Ended });
        await FinishAsync(held, DeliveryState.Delivered);
        await Links.CreateAsync(NewLink(3));
        await DispatchAsync();

        Assert.Empty(await TakeAsync());
        Assert.Equal(2, (await ListAsync("a", DeliveryState.Dead)).Count);
        Assert.Empty(await ListAsync("a", DeliveryState.Waiting));
        Assert.Equal(0, await Deliveries.ReplayAsync(new("a"), 10, default));
        await ChangeAsync(ended with { State = WebhookState.Active });
        Assert.Empty(await TakeAsync());
        Assert.Equal(2, await Deliveries.ReplayAsync(new("a"), 10, default));
        Assert.Equal(2, (await TakeAsync()).Count);
    }

    [Fact]
    public async Task Nothing_is_sent_to_a_webhook_while_it_is_slowed_down()
    {
        await AddWebhookAsync("a");
        await Webhooks.StoreHealthAsync("a", new(10, Now, Now.AddMinutes(5)), Now, default);
        await Links.CreateAsync(NewLink(1));
        await DispatchAsync();

        Assert.Empty(await TakeAsync());
        await PassAsync(TimeSpan.FromMinutes(6));
        Assert.Equal(10, Assert.Single(await TakeAsync()).Webhook.Health.Failures);
    }

    [Fact]
    public async Task The_clock_of_a_server_does_not_matter_for_the_health_of_a_webhook()
    {
        await AddWebhookAsync("a");
        var (early, late) = (Now.AddYears(-1), Now.AddYears(1));
        await Webhooks.StoreHealthAsync("a", new(9, early.AddHours(-2), early.AddMinutes(5)), early, default);
        await Links.CreateAsync(NewLink(1));
        await DispatchAsync();

        Assert.Empty(await TakeAsync());
        var stored = (await Webhooks.FindAsync("a", default))!.Health;
        var now = TimeProvider.System.GetUtcNow();
        Assert.InRange(stored.SlowedUntil!.Value, now.AddMinutes(3), now.AddMinutes(6));
        Assert.InRange(stored.FailingSince!.Value, now.AddMinutes(-123), now.AddMinutes(-118));
        await PassAsync(TimeSpan.FromMinutes(6));
        var line = Assert.Single(await Queue.TakeAsync(new(NothingInFlight, 1, 1, 1, Lease, late), default));
        Assert.InRange(line.Webhook.Health.FailingSince!.Value, late.AddMinutes(-123), late.AddMinutes(-118));
        Assert.InRange(line.Webhook.Health.SlowedUntil!.Value, late.AddMinutes(-3), late);
    }

    [Fact]
    public async Task What_a_killed_server_has_left_of_a_deleted_or_ended_webhook_goes_later()
    {
        await AddWebhookAsync("deleted");
        await AddWebhookAsync("ended");
        await AddWebhookAsync("active");
        await Links.CreateAsync(NewLink(1));
        await Links.CreateAsync(NewLink(2));
        await DispatchAsync();
        await ExecuteAsync("DELETE FROM webhook WHERE id = 'deleted'");
        await ExecuteAsync("UPDATE webhook SET state = 2 WHERE id = 'ended'");

        await ContinueEndsAsync();

        Assert.Equal(2, await CountAsync("SELECT count(*) FROM delivery_line"));
        Assert.Equal(0, await CountAsync("SELECT count(*) FROM delivery WHERE webhook_id = 'deleted'"));
        Assert.Equal(2, (await ListAsync("ended", DeliveryState.Dead)).Count);
        Assert.Equal(2, (await ListAsync("active", DeliveryState.Waiting)).Count);
    }

    [Fact]
    public async Task A_deleted_webhook_takes_its_deliveries_with_it()
    {
        await AddWebhookAsync("a");
        await AddWebhookAsync("b");
        await Links.CreateAsync(NewLink(1));
        await Links.CreateAsync(NewLink(2));
        await DispatchAsync();
        var held = await TakeAsync(maxLines: 2);

        await Webhooks.DeleteAsync("a", Actor.None, default);
        await Queue.FinishAsync(
            [.. held.Select(line => Finished(line, TimeSpan.Zero, DeliveryState.Delivered))], default);
        await PassAsync(TimeSpan.FromMinutes(1));

        Assert.Empty(await ListAsync("a"));
        Assert.Equal(2, (await ListAsync("b")).Count);
        Assert.All(await TakeAsync(), line => Assert.Equal("b", line.Webhook.Id));
    }

    [Fact]
    public async Task A_test_event_reaches_only_its_webhook_whatever_its_filter_is()
    {
        await AddWebhookAsync("a", EventFilter.All with { Types = ["key"] });
        await AddWebhookAsync("b", EventFilter.All with { Types = ["webhook.tested"] });

        var position = await Queue.AddTestAsync("a", default);
        await DispatchAsync();

        var line = Assert.Single(await TakeAsync());
        Assert.Equal(("a", "webhook:a"), (line.Webhook.Id, line.Line));
        var sent = Assert.Single(line.Waiting).Event;
        Assert.Equal(
            (position, EventTypes.WebhookTested, "a"), (sent.Position, sent.Type, sent.Subject));
        Assert.Null(await Queue.AddTestAsync("nobody", default));
    }

    [Fact]
    public async Task Deliveries_are_listed_newest_first_with_their_last_attempt()
    {
        await AddWebhookAsync("a");
        await Links.CreateAsync(NewLink(1));
        await Links.CreateAsync(NewLink(2));
        var third = await Links.CreateAsync(NewLink(3));
        await Links.ChangeAsync(third);
        await DispatchAsync();
        var lines = await TakeAsync();
        await FinishAsync(LineOf(lines, 1), DeliveryState.Delivered);
        await FinishAsync(LineOf(lines, 2), DeliveryState.Dead);
        await Queue.FinishAsync(
            [Finished(LineOf(lines, 3), TimeSpan.FromMinutes(5), DeliveryState.Waiting)], default);

        var all = await ListAsync("a");

        Assert.Equal(
            [
                ("/c3", DeliveryState.Waiting, 0), ("/c3", DeliveryState.Waiting, 1),
                ("/c2", DeliveryState.Dead, 1), ("/c1", DeliveryState.Delivered, 1),
            ],
            all.Select(delivery => (delivery.Subject, delivery.State, delivery.Attempts)));
        Assert.Equal(
            ["link.changed", "link.created", "link.created", "link.created"],
            all.Select(delivery => delivery.EventType));
        Assert.Null(all[0].Last);
        Assert.Null(all[0].NextTry);
        Assert.InRange(
            all[1].NextTry!.Value,
            TimeProvider.System.GetUtcNow().AddMinutes(3),
            TimeProvider.System.GetUtcNow().AddMinutes(6));
        Assert.Equal(new(Now, 503, TimeSpan.FromMilliseconds(12), "no"), all[2].Last);
        Assert.Equal(204, all[3].Last!.Status);
        Assert.All(all.Skip(2), delivery => Assert.Null(delivery.NextTry));
        Assert.Equal(all.Skip(2), await ListPageAsync(new("a"), all[1].Event, 10));
        Assert.Equal([all[2]], await ListPageAsync(new("a"), all[1].Event, 1));
        Assert.Equal([all[2]], await ListPageAsync(new("a", DeliveryState.Dead), null, 10));
        Assert.Equal([all[3]], await ListPageAsync(new("a", Event: all[3].Event), null, 10));
        Assert.Empty(await ListPageAsync(new("a", From: all[0].Event.Time.AddHours(1)), null, 10));
        Assert.Equal(4, (await ListPageAsync(new("a", From: all[3].Event.Time), null, 10)).Count);
        Assert.Empty(await ListPageAsync(new("a", Until: all[3].Event.Time), null, 10));
        Assert.Empty(await ListAsync("b"));
    }

    [Fact]
    public async Task A_request_without_a_response_is_listed_without_a_status()
    {
        await AddWebhookAsync("a");
        await Links.CreateAsync(NewLink(1));
        await DispatchAsync();
        var line = Assert.Single(await TakeAsync());
        var attempt = new DeliveryAttempt(Now, null, TimeSpan.FromSeconds(15), "It took too long. \uad6c");

        await Queue.FinishAsync(
            [
                new(
                    "a",
                    line.Line,
                    line.Lease,
                    [new(line.Waiting[0].Event.Position, DeliveryState.Dead, attempt)],
                    TimeSpan.Zero),
            ],
            default);

        Assert.Equal(attempt, Assert.Single(await ListAsync("a")).Last);
    }

    [Fact]
    public async Task Replayed_deliveries_wait_again_as_if_no_request_had_been_sent()
    {
        await AddWebhookAsync("a");
        for (var id = 1; id <= 4; id++)
            await Links.CreateAsync(NewLink(id));
        await DispatchAsync();
        var lines = await TakeAsync();
        for (var id = 1; id <= 3; id++)
            await FinishAsync(LineOf(lines, id), id < 3 ? DeliveryState.Dead : DeliveryState.Delivered);

        Assert.Equal(1, await Deliveries.ReplayAsync(new("a", DeliveryState.Dead), 1, default));
        var first = Assert.Single(await TakeAsync());
        Assert.Equal(("link:1", 0), (first.Line, first.Waiting[0].Attempts));
        var third = (await ListAsync("a", DeliveryState.Delivered)).Single();
        Assert.Equal(1, await Deliveries.ReplayAsync(new("a", Event: third.Event), 10, default));
        Assert.Equal("link:3", Assert.Single(await TakeAsync()).Line);
        Assert.Equal(1, await Deliveries.ReplayAsync(new("a"), 10, default));
        Assert.Equal("link:2", Assert.Single(await TakeAsync()).Line);
        Assert.Equal(0, await Deliveries.ReplayAsync(new("a"), 10, default));
        var all = await ListAsync("a");
        Assert.All(all, delivery => Assert.Equal(
            (DeliveryState.Waiting, 0, null), (delivery.State, delivery.Attempts, delivery.Last)));
    }

    [Fact]
    public async Task A_replay_leaves_out_deliveries_that_were_tried_after_its_beginning()
    {
        await AddWebhookAsync("a");
        await Links.CreateAsync(NewLink(1));
        await DispatchAsync();
        await FinishAsync(Assert.Single(await TakeAsync()), DeliveryState.Delivered);

        Assert.Equal(0, await Deliveries.ReplayAsync(new("a", TriedBefore: Now), 10, default));
        Assert.Equal(1, await Deliveries.ReplayAsync(new("a", TriedBefore: Now.AddSeconds(1)), 10, default));
    }

    [Fact]
    public async Task Counts_say_what_waits()
    {
        await AddWebhookAsync("a");
        await Links.CreateAsync(NewLink(1));
        await Links.CreateAsync(NewLink(2));
        Assert.InRange((await Deliveries.CountAsync(default)).Undispatched, 2, 3);
        await DispatchAsync();
        await PassAsync(TimeSpan.FromMinutes(3));

        var counts = await Deliveries.CountAsync(default);

        Assert.Equal((0, 2, 0), (counts.Undispatched, counts.Waiting, counts.Dead));
        Assert.InRange(counts.OldestWaiting!.Value, TimeSpan.FromMinutes(3), TimeSpan.FromMinutes(5));
    }

    private static TakenLine LineOf(IEnumerable<TakenLine> lines, long link) =>
        lines.Single(line => line.Line == $"link:{link}");

    private Task<IReadOnlyList<Delivery>> ListPageAsync(
        DeliveryQuery query, EventPosition? before, int limit) =>
        Deliveries.ListAsync(query, before, limit, default);

    private async Task<Webhook> ChangeAsync(Webhook webhook)
    {
        var stored = await Webhooks.ChangeAsync(webhook, Actor.None, default);
        Assert.NotNull(stored);
        return stored;
    }
}
