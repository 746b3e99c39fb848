using Terse.Events;

namespace Terse.Tests.Events;

/// <summary>A webhook that changes while the server holds deliveries of it.</summary>
public sealed class ChangedWebhookTests : IAsyncDisposable
{
    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task A_webhook_that_another_server_pauses_gets_no_further_request()
    {
        await using var receiver = await Receiver.StartAsync(_ => _gate.Task);
        await using var run = await StartAsync(receiver);

        run.Deliveries.Add(run.Deliveries.Find("hook") with { State = WebhookState.Paused, Version = 2 });
        await PassCheckAsync(run);
        _gate.SetResult();
        await run.UntilAsync(() => run.Held.Lines == 0);
        Assert.Single(receiver.Requests);
        Assert.Single(run.Deliveries.OutcomesOf("hook", DeliveryState.Delivered));
    }

    [Fact]
    public async Task A_webhook_that_another_server_deletes_gets_no_further_request()
    {
        await using var receiver = await Receiver.StartAsync(_ => _gate.Task);
        await using var run = await StartAsync(receiver);

        run.Deliveries.Remove("hook");
        await PassCheckAsync(run);
        _gate.SetResult();
        await run.UntilAsync(() => run.Held.Lines == 0);
        Assert.Single(receiver.Requests);
    }

    [Fact]
    public async Task A_new_url_gets_the_events_after_the_one_that_is_on_its_way()
    {
        await using var old = await Receiver.StartAsync(_ => _gate.Task);
        await using var other = await Receiver.StartAsync(200);
        await using var run = await StartAsync(old);

        run.Deliveries.Add(run.Deliveries.Find("hook") with { Url = other.Url, Version = 2 });
        run.Held.SetVersion("hook", version: 2);
        _gate.SetResult();
        await run.UntilAsync(() => run.Deliveries.OutcomesOf("hook", DeliveryState.Delivered).Count == 3);
        Assert.Single(old.Requests);
        Assert.Equal(2, other.Requests.Count);
    }

    /// <summary>The list of webhooks may be read before a change, and arrive after it.</summary>
    [Fact]
    public async Task An_older_version_that_arrives_late_changes_nothing()
    {
        await using var receiver = await Receiver.StartAsync(_ => _gate.Task);
        await using var run = await StartAsync(receiver);
        var webhook = run.Deliveries.Find("hook");

        run.Held.SetVersion("hook", version: 2);
        run.Held.SetVersion("hook", version: 1);
        run.Held.SetVersion("other", version: 2);

        Assert.False(run.Held.MaySend(webhook));
        run.Held.Add(webhook with { Id = "other" });
        Assert.False(run.Held.MaySend(webhook with { Id = "other" }));
        run.Held.Remove("other");
    }

    public ValueTask DisposeAsync()
    {
        _gate.TrySetResult();
        return ValueTask.CompletedTask;
    }

    /// <summary>Starts a sender that holds three deliveries, of which the first one is on its way.</summary>
    private static async Task<SenderRun> StartAsync(Receiver receiver)
    {
        var run = await SenderRun.StartAsync();
        run.Deliveries.Add(SampleEvents.Webhook(receiver.Url));
        run.Deliveries.Add(SampleEvents.Event(1), SampleEvents.Event(2), SampleEvents.Event(3));
        await run.UntilAsync(() => receiver.Requests.Count == 1);
        return run;
    }

    /// <summary>Waits until the server has read the webhooks once more.</summary>
    private static Task PassCheckAsync(SenderRun run)
    {
        var lists = run.Deliveries.CallsOf(nameof(IWebhookStore.ListAsync));
        return run.UntilAsync(() => run.Deliveries.CallsOf(nameof(IWebhookStore.ListAsync)) > lists + 1);
    }
}
