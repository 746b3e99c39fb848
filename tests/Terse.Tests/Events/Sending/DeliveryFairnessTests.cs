using Terse.Events;
using Terse.Harness;

namespace Terse.Tests.Events;

/// <summary>One fast receiver beside slow ones, which have more events than a server can send.</summary>
public sealed class DeliveryFairnessTests
{
    private const int MaxInFlight = 10;
    private const int MaxConnections = 16;

    /// <summary>With more, their first lines take all of the four reserved connections.</summary>
    private const int SlowReceivers = 5;

    private const int EventsOfSlow = 12;
    private const int EventsOfFast = 20;

    [Fact]
    public async Task Slow_receivers_that_succeed_leave_a_connection_for_a_fast_one()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var slow = await Receiver.StartAsync(_ => gate.Task);
        await using var fast = await Receiver.StartAsync(200);
        await using var run = await StartAsync(slow, fast);

        var before = run.Time.GetUtcNow();
        await run.UntilAsync(() => Delivered(run, "fast") == EventsOfFast);
        Assert.InRange(run.Time.GetUtcNow() - before, TimeSpan.Zero, TimeSpan.FromSeconds(14));
        Assert.Equal(15, slow.Requests.Count);

        gate.SetResult();
        await run.UntilAsync(() => Enumerable.Range(1, SlowReceivers)
            .All(number => Delivered(run, $"slow{number}") == EventsOfSlow));
        Assert.Equal(EventsOfFast, fast.Requests.Count);
        Assert.Equal(SlowReceivers * EventsOfSlow, slow.Requests.Count);
    }

    [Fact]
    public async Task Receivers_that_hang_leave_a_connection_for_a_fast_one()
    {
        await using var hanging = await Receiver.StartAsync(
            context => Eventually.CancelledAsync(context.RequestAborted));
        await using var fast = await Receiver.StartAsync(200);
        await using var run = await StartAsync(hanging, fast);

        var before = run.Time.GetUtcNow();
        await run.UntilAsync(() => Delivered(run, "fast") == EventsOfFast);
        Assert.InRange(run.Time.GetUtcNow() - before, TimeSpan.Zero, TimeSpan.FromSeconds(14));
        Assert.Equal(15, hanging.Requests.Count);
    }

    /// <summary>Starts a sender whose slow receivers hold all connections that they can get.</summary>
    private static async Task<SenderRun> StartAsync(Receiver slow, Receiver fast)
    {
        var run = await SenderRun.StartAsync(MaxInFlight, MaxConnections);
        for (var number = 1; number <= SlowReceivers; number++)
            run.Deliveries.Add(Choosing($"slow{number}", slow, Enumerable.Range(1, EventsOfSlow)));
        run.Deliveries.Add(Enumerable.Range(1, EventsOfSlow).Select(link => SampleEvents.Event(link, link)));
        await run.UntilAsync(() => run.Held.Lines == 15 && slow.Requests.Count == 15);
        var links = Enumerable.Range(EventsOfSlow + 1, EventsOfFast).ToList();
        run.Deliveries.Add(Choosing("fast", fast, links));
        run.Deliveries.Add(links.Select(link => SampleEvents.Event(link, link)));
        return run;
    }

    private static Webhook Choosing(string id, Receiver receiver, IEnumerable<int> links) =>
        SampleEvents.Webhook(receiver.Url, id) with
        {
            Filter = EventFilter.All with { Links = [.. links.Select(link => (long)link)] },
        };

    private static int Delivered(SenderRun run, string webhook) =>
        run.Deliveries.OutcomesOf(webhook, DeliveryState.Delivered).Count;
}
