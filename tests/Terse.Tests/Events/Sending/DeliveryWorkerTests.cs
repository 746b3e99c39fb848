using Microsoft.AspNetCore.Http;
using Terse.Events;
using Terse.Harness;

namespace Terse.Tests.Events;

/// <summary>The order, the limits and the failures of the sender, with real receivers.</summary>
public sealed class DeliveryWorkerTests
{
    private static readonly Func<HttpContext, Task> Hang =
        context => Eventually.CancelledAsync(context.RequestAborted);

    [Fact]
    public async Task The_events_of_a_link_arrive_once_and_in_order()
    {
        await using var receiver = await Receiver.StartAsync(200);
        await using var run = await SenderRun.StartAsync();
        run.Deliveries.Add(SampleEvents.Webhook(receiver.Url));
        var events = Enumerable.Range(1, 60)
            .Select(number => SampleEvents.Event(number, number % 2))
            .ToList();
        run.Deliveries.Add(events);
        await run.UntilAsync(() => Delivered(run).Count == 60);

        var sent = receiver.Requests.Select(request => request.EventId).ToList();
        Assert.Equal(60, sent.Count);
        for (var link = 0; link < 2; link++)
        {
            var ids = events.Where(stored => stored.LinkId == link).Select(stored => $"{stored.Position}");
            Assert.Equal(ids, sent.Where(ids.Contains));
        }
    }

    [Fact]
    public async Task A_webhook_gets_only_the_events_that_it_wants()
    {
        await using var receiver = await Receiver.StartAsync(200);
        await using var run = await SenderRun.StartAsync();
        run.Deliveries.Add(SampleEvents.Webhook(receiver.Url) with
        {
            Filter = EventFilter.All with { Links = [2] },
        });
        run.Deliveries.Add(SampleEvents.Event(1, link: 1), SampleEvents.Event(2, link: 2));
        await run.UntilAsync(() => Delivered(run).Count == 1);
        Assert.Equal($"{SampleEvents.Event(2).Position}", Assert.Single(receiver.Requests).EventId);
    }

    [Fact]
    public async Task A_webhook_gets_a_limited_number_of_requests_at_the_same_time()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var receiver = await Receiver.StartAsync(_ => gate.Task);
        await using var run = await SenderRun.StartAsync(maxInFlight: 4);
        run.Deliveries.Add(SampleEvents.Webhook(receiver.Url));
        run.Deliveries.Add(Enumerable.Range(1, 30).Select(number => SampleEvents.Event(number, number)));
        await run.UntilAsync(() => receiver.Requests.Count == 4);
        await run.PassAsync(TimeSpan.FromSeconds(2));
        Assert.Equal((4, 4), (receiver.Requests.Count, run.Deliveries.Held));

        gate.SetResult();
        await run.UntilAsync(() => Delivered(run).Count == 30);
        Assert.Equal((30, 4), (receiver.Requests.Count, receiver.Peak));
    }

    [Fact]
    public async Task A_receiver_that_hangs_does_not_delay_others()
    {
        await using var hanging = await Receiver.StartAsync(Hang);
        await using var receiver = await Receiver.StartAsync(200);
        await using var run = await SenderRun.StartAsync();
        run.Deliveries.Add(SampleEvents.Webhook(hanging.Url, "hanging"));
        run.Deliveries.Add(Enumerable.Range(1, 40).Select(number => SampleEvents.Event(number, number)));
        await run.UntilAsync(() => hanging.Requests.Count == 10);

        run.Deliveries.Add(SampleEvents.Webhook(receiver.Url));
        run.Deliveries.Add(Enumerable.Range(41, 40).Select(number => SampleEvents.Event(number, number)));
        var before = run.Time.GetUtcNow();
        await run.UntilAsync(() => Delivered(run).Count == 40);
        Assert.InRange(run.Time.GetUtcNow() - before, TimeSpan.Zero, TimeSpan.FromSeconds(14));
        Assert.Equal(10, hanging.Requests.Count);
    }

    [Fact]
    public async Task A_failed_delivery_holds_back_only_its_link_until_it_is_repeated()
    {
        var failures = 1;
        await using var receiver = await Receiver.StartAsync(context =>
        {
            if (Interlocked.Decrement(ref failures) >= 0)
                context.Response.StatusCode = 500;
            return Task.CompletedTask;
        });
        await using var run = await SenderRun.StartAsync();
        run.Deliveries.Add(SampleEvents.Webhook(receiver.Url));
        run.Deliveries.Add(SampleEvents.Event(1), SampleEvents.Event(2));
        await run.UntilAsync(() => receiver.Requests.Count == 1);
        var failedAt = run.Time.GetUtcNow();
        run.Deliveries.Add(SampleEvents.Event(3, link: 2));
        await run.UntilAsync(() => Delivered(run).Count == 3);

        Assert.Equal(
            new long[] { 1, 3, 1, 2 }.Select(number => $"{SampleEvents.Event(number).Position}"),
            receiver.Requests.Select(request => request.EventId));
        Assert.InRange(run.Time.GetUtcNow() - failedAt, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1));
        var failed = Assert.Single(run.Deliveries.OutcomesOf("hook", DeliveryState.Waiting));
        Assert.Equal(500, failed.Attempt.Status);
        Assert.Equal(WebhookHealth.Good, run.Deliveries.Find("hook").Health);
    }

    [Fact]
    public async Task After_the_last_try_a_delivery_is_dead_and_the_next_one_is_sent()
    {
        await using var receiver = await Receiver.StartAsync(context =>
        {
            if (context.Request.Headers["webhook-id"] == $"{SampleEvents.Event(1).Position}")
                context.Response.StatusCode = 500;
            return Task.CompletedTask;
        });
        await using var run = await SenderRun.StartAsync();
        run.Deliveries.AttemptsBefore = 9;
        run.Deliveries.Add(SampleEvents.Webhook(receiver.Url));
        run.Deliveries.Add(SampleEvents.Event(1), SampleEvents.Event(2));
        await run.UntilAsync(() => Delivered(run).Count == 1);

        Assert.Equal(2, receiver.Requests.Count);
        Assert.Equal(
            SampleEvents.Event(1).Position,
            Assert.Single(run.Deliveries.OutcomesOf("hook", DeliveryState.Dead)).Event);
    }

    [Fact]
    public async Task A_receiver_that_keeps_failing_gets_one_request_at_growing_intervals()
    {
        await using var receiver = await Receiver.StartAsync(500);
        await using var run = await SenderRun.StartAsync();
        run.Deliveries.Add(SampleEvents.Webhook(receiver.Url));
        run.Deliveries.Add(Enumerable.Range(1, 60).Select(number => SampleEvents.Event(number, number)));

        await run.UntilAsync(() => run.Deliveries.Find("hook").Health.Failures == 10);
        await Eventually.IsTrueAsync(() => Task.FromResult(run.Deliveries.Held == 0));
        var sent = receiver.Requests.Count;
        Assert.InRange(sent, 10, 20);
        for (var probe = 1; probe <= 4; probe++)
        {
            var before = run.Time.GetUtcNow();
            await run.UntilAsync(() => run.Deliveries.Find("hook").Health.Failures == 10 + probe);
            Assert.Equal(sent + probe, receiver.Requests.Count);
            Assert.InRange(
                run.Time.GetUtcNow() - before, TimeSpan.FromSeconds((1 << (probe - 1)) - 0.5),
                TimeSpan.FromSeconds(60));
        }
    }

    [Fact]
    public async Task A_receiver_that_answers_410_ends_its_webhook_although_others_change_it()
    {
        await using var receiver = await Receiver.StartAsync(410);
        await using var run = await SenderRun.StartAsync(maxInFlight: 1);
        run.Deliveries.Conflicts = 4;
        run.Deliveries.Add(SampleEvents.Webhook(receiver.Url));
        run.Deliveries.Add(SampleEvents.Event(1), SampleEvents.Event(2), SampleEvents.Event(3, link: 2));
        await run.UntilAsync(() => run.Deliveries.Find("hook").State == WebhookState.Ended);

        Assert.Equal("The receiver answered 410 (Gone).", run.Deliveries.Find("hook").Reason);
        Assert.Single(receiver.Requests);
        var outcome = Assert.Single(run.Deliveries.OutcomesOf("hook", DeliveryState.Dead));
        Assert.Equal(410, outcome.Attempt.Status);
        Assert.Single(run.Log.Lines);
    }

    [Fact]
    public async Task A_receiver_that_has_failed_for_3_days_pauses_its_webhook()
    {
        await using var receiver = await Receiver.StartAsync(500);
        await using var run = await SenderRun.StartAsync();
        run.Deliveries.Add(SampleEvents.Webhook(receiver.Url) with
        {
            Health = new(20, run.Time.GetUtcNow() - TimeSpan.FromDays(3), run.Time.GetUtcNow()),
        });
        run.Deliveries.Add(SampleEvents.Event(1), SampleEvents.Event(2, link: 2));
        await run.UntilAsync(() => run.Deliveries.Find("hook").State == WebhookState.Paused);

        Assert.Equal(
            "All requests have failed since 2026-05-29T00:00:00Z.", run.Deliveries.Find("hook").Reason);
        Assert.Single(receiver.Requests);
    }

    private static List<DeliveryOutcome> Delivered(SenderRun run) =>
        run.Deliveries.OutcomesOf("hook", DeliveryState.Delivered);
}
