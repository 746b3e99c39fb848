using Terse.Events;
using Terse.Harness;

namespace Terse.Tests.Events;

/// <summary>The sender while the database is away, while the server stops, and without webhooks.</summary>
public sealed class DeliveryOutageTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(nameof(IDeliveryQueue.DispatchAsync))]
    [InlineData(nameof(IDeliveryQueue.TakeAsync))]
    [InlineData(nameof(IWebhookStore.ListAsync))]
    public async Task An_outage_of_the_database_is_logged_once_and_loses_nothing(string call)
    {
        await using var receiver = await Receiver.StartAsync(200);
        await using var run = await SenderRun.StartAsync();
        run.Deliveries.Failing = call;
        run.Deliveries.Add(SampleEvents.Webhook(receiver.Url));
        run.Deliveries.Add(SampleEvents.Event(1));
        await run.UntilAsync(() => run.Deliveries.CallsOf(call) > 5);
        Assert.Single(run.Log.Lines);
        Assert.Empty(receiver.Requests);

        run.Deliveries.Failing = null;
        await run.UntilAsync(() => Delivered(run) == 1);
        Assert.Single(receiver.Requests);
        Assert.Single(run.Log.Lines);
    }

    [Fact]
    public async Task The_schema_of_an_earlier_version_is_an_information_and_no_warning()
    {
        await using var receiver = await Receiver.StartAsync(200);
        await using var run = await SenderRun.StartAsync();
        run.Deliveries.IsOfEarlierSchema = true;
        run.Deliveries.Failing = nameof(IWebhookStore.ListAsync);
        run.Deliveries.Add(SampleEvents.Webhook(receiver.Url));
        run.Deliveries.Add(SampleEvents.Event(1));
        await run.UntilAsync(() => run.Deliveries.CallsOf(nameof(IWebhookStore.ListAsync)) > 5);
        Assert.Empty(run.Log.Lines);
        Assert.Equal(
            "No events are sent to webhooks yet: The database is away.", Assert.Single(run.Notes.Lines));

        run.Deliveries.Failing = null;
        await run.UntilAsync(() => Delivered(run) == 1);
    }

    [Fact]
    public async Task Outcomes_are_stored_after_an_outage_and_the_event_is_not_sent_again()
    {
        await using var receiver = await Receiver.StartAsync(200);
        await using var run = await SenderRun.StartAsync();
        run.Deliveries.Failing = nameof(IDeliveryQueue.FinishAsync);
        run.Deliveries.Add(SampleEvents.Webhook(receiver.Url));
        run.Deliveries.Add(SampleEvents.Event(1));
        await run.UntilAsync(() => run.Deliveries.CallsOf(nameof(IDeliveryQueue.FinishAsync)) > 3);
        run.Deliveries.Failing = null;
        await run.UntilAsync(() => Delivered(run) == 1);
        Assert.Single(receiver.Requests);
    }

    [Fact]
    public async Task An_outage_longer_than_the_lease_sends_the_event_again()
    {
        await using var receiver = await Receiver.StartAsync(200);
        await using var run = await SenderRun.StartAsync();
        run.Deliveries.Failing = nameof(IDeliveryQueue.FinishAsync);
        run.Deliveries.Add(SampleEvents.Webhook(receiver.Url));
        run.Deliveries.Add(SampleEvents.Event(1));
        await run.UntilAsync(() => receiver.Requests.Count == 2);
        run.Deliveries.Failing = null;
        await run.UntilAsync(() => Delivered(run) == 1);
        Assert.Equal(2, receiver.Requests.Count);
    }

    [Fact]
    public async Task A_server_that_drains_takes_nothing_more_and_ends_its_requests()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var receiver = await Receiver.StartAsync(_ => gate.Task);
        await using var run = await SenderRun.StartAsync(maxInFlight: 1);
        run.Deliveries.Add(SampleEvents.Webhook(receiver.Url));
        run.Deliveries.Add(SampleEvents.Event(1), SampleEvents.Event(2), SampleEvents.Event(3, link: 2));
        await run.UntilAsync(() => receiver.Requests.Count == 1);

        run.Drain.Begin();
        gate.SetResult();
        await run.UntilAsync(() => Delivered(run) == 1 && run.Deliveries.Held == 0);
        await run.StopAsync();
        Assert.Single(receiver.Requests);
        Assert.Equal(1, Delivered(run));
    }

    [Fact]
    public async Task A_server_that_stops_gives_back_what_hangs()
    {
        await using var receiver = await Receiver.StartAsync(
            context => Eventually.CancelledAsync(context.RequestAborted));
        await using var run = await SenderRun.StartAsync();
        run.Deliveries.Add(SampleEvents.Webhook(receiver.Url));
        run.Deliveries.Add(SampleEvents.Event(1));
        await run.UntilAsync(() => receiver.Requests.Count == 1);
        Assert.Equal(1, run.Deliveries.Held);

        await run.StopAsync();
        Assert.Equal(0, run.Deliveries.Held);
        Assert.Empty(run.Deliveries.Outcomes);
        Assert.Empty(run.Log.Lines);
    }

    [Fact]
    public async Task Without_webhooks_the_server_only_looks_for_one_each_second()
    {
        await using var run = await SenderRun.StartAsync();
        run.Deliveries.Add(SampleEvents.Event(1));
        var begin = run.Time.GetUtcNow();
        await run.UntilAsync(() => run.Deliveries.CallsOf(nameof(IWebhookStore.ListAsync)) == 20);
        Assert.True(run.Time.GetUtcNow() - begin >= 18 * Second);
        Assert.Equal([nameof(IWebhookStore.ListAsync)], run.Deliveries.Calls.Keys);

        await using var receiver = await Receiver.StartAsync(200);
        run.Deliveries.Add(SampleEvents.Webhook(receiver.Url));
        await run.UntilAsync(() => Delivered(run) == 1);
        Assert.Single(receiver.Requests);
    }

    [Fact]
    public async Task Metrics_show_requests_and_what_waits_in_the_database()
    {
        await using var receiver = await Receiver.StartAsync(context =>
        {
            if (context.Request.Headers["webhook-id"] == $"{SampleEvents.Event(2).Position}")
                context.Response.StatusCode = 500;
            return Task.CompletedTask;
        });
        await using var run = await SenderRun.StartAsync();
        run.Deliveries.Add(SampleEvents.Webhook(receiver.Url));
        run.Deliveries.Add(SampleEvents.Event(1), SampleEvents.Event(2), SampleEvents.Event(3));
        await run.UntilAsync(() => run.Figures.Observe("terse.deliveries.waiting") > 0);

        Assert.Equal(1, run.Figures["terse.deliveries.requests delivered"]);
        Assert.InRange(run.Figures["terse.deliveries.requests retried"], 1, 2);
        Assert.Equal(2, run.Figures.Observe("terse.deliveries.waiting"));
        Assert.Equal(3, run.Figures.Observe("terse.deliveries.dead"));
        Assert.Equal(0, run.Figures.Observe("terse.deliveries.in_flight"));
    }

    private static int Delivered(SenderRun run) =>
        run.Deliveries.OutcomesOf("hook", DeliveryState.Delivered).Count;
}
