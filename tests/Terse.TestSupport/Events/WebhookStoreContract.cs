using System.Globalization;
using System.Text.Json;
using Terse.Access;
using Terse.Events;
using Terse.Harness;
using static Terse.TestSupport.EventSamples;

namespace Terse.TestSupport;

/// <summary>The tests that every store of webhooks must pass.</summary>
public abstract class WebhookStoreContract : IAsyncLifetime
{
    private static readonly Actor Somebody = new("somebody", "192.0.2.7");

    public abstract ValueTask InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    private protected abstract IWebhookStore Store { get; }

    private protected abstract IEventLog Log { get; }

    protected abstract ValueTask CloseAsync();

    [Fact]
    public async Task Every_value_of_a_webhook_is_stored()
    {
        var webhook = NewWebhook("a") with
        {
            Url = "https://user:pass@hooks.example/a?b=c",
            Filter = new(
                ["link.visited", "key"], ["", "go.example"], ["\uad6c\uae00", "a\"b"], [7, long.MaxValue]),
            Description = "for \"everybody\" \uad6c",
            Secrets = [new("whsec_new", null), new("whsec_old", Now.AddHours(1))],
            State = WebhookState.Paused,
            Reason = "It is under repair.",
            CreatedBy = "creator0",
        };

        Assert.True(await Store.AddAsync(webhook, Somebody, default));

        AssertEqual(webhook, await Store.FindAsync("a", default));
        AssertEqual(webhook, Assert.Single(await Store.ListAsync(default)));
        Assert.Null(await Store.FindAsync("b", default));
    }

    [Fact]
    public async Task Webhooks_are_listed_newest_first()
    {
        Assert.Empty(await Store.ListAsync(default));
        await Store.AddAsync(NewWebhook("b"), Somebody, default);
        await Store.AddAsync(NewWebhook("a") with { CreatedAt = Now.AddSeconds(1) }, Somebody, default);
        await Store.AddAsync(NewWebhook("c") with { CreatedAt = Now.AddSeconds(2) }, Somebody, default);

        Assert.Equal(["c", "a", "b"], (await Store.ListAsync(default)).Select(webhook => webhook.Id));
    }

    [Fact]
    public async Task A_change_of_a_version_that_is_not_the_stored_one_is_refused()
    {
        await Store.AddAsync(NewWebhook("a"), Somebody, default);
        var changed = NewWebhook("a") with { Description = "first", Url = "https://b.example/" };

        var stored = await Store.ChangeAsync(changed, Somebody, default);

        AssertEqual(changed with { Version = 2 }, stored);
        Assert.Null(await Store.ChangeAsync(changed with { Description = "second" }, Somebody, default));
        Assert.Null(await Store.ChangeAsync(NewWebhook("b"), Somebody, default));
        AssertEqual(stored!, await Store.FindAsync("a", default));
    }

    [Fact]
    public async Task The_health_is_stored_beside_changes()
    {
        await Store.AddAsync(NewWebhook("a"), Somebody, default);
        var health = new WebhookHealth(12, Now.AddHours(-1), Now.AddMinutes(5));

        await Store.StoreHealthAsync("a", health, Now, default);
        await Store.StoreHealthAsync("b", health, Now, default);
        var changed = await Store.ChangeAsync(
            NewWebhook("a") with { Description = "changed" }, Somebody, default);

        Assert.Equal(2, changed!.Version);
        Assert.Equal(12, changed.Health.Failures);
        Assert.Equal(TimeSpan.FromMinutes(65), changed.Health.SlowedUntil - changed.Health.FailingSince);
        await Store.StoreHealthAsync("a", WebhookHealth.Good, Now, default);
        Assert.Equal(WebhookHealth.Good, (await Store.FindAsync("a", default))!.Health);
    }

    [Fact]
    public async Task A_resumed_webhook_forgets_its_failures()
    {
        await Store.AddAsync(NewWebhook("a"), Somebody, default);
        var paused = (await Store.ChangeAsync(
            NewWebhook("a") with { State = WebhookState.Paused }, Somebody, default))!;
        await Store.StoreHealthAsync("a", new(12, Now.AddHours(-1), Now.AddMinutes(5)), Now, default);

        var resumed = await Store.ChangeAsync(
            paused with { State = WebhookState.Active }, Somebody, default);

        Assert.Equal(WebhookHealth.Good, resumed!.Health);
    }

    [Fact]
    public async Task A_deleted_webhook_is_gone()
    {
        await Store.AddAsync(NewWebhook("a"), Somebody, default);

        Assert.True(await Store.DeleteAsync("a", Somebody, default));
        Assert.False(await Store.DeleteAsync("a", Somebody, default));
        Assert.Empty(await Store.ListAsync(default));
    }

    [Fact]
    public async Task No_more_webhooks_than_the_limit_can_be_added()
    {
        foreach (var numbers in Enumerable.Range(0, IWebhookStore.MaxWebhooks).Chunk(100))
        {
            var added = await Task.WhenAll(numbers.Select(number => Store.AddAsync(
                NewWebhook(number.ToString(CultureInfo.InvariantCulture)), Somebody, default)));
            Assert.All(added, Assert.True);
        }

        Assert.False(await Store.AddAsync(NewWebhook("more"), Somebody, default));
        await Store.DeleteAsync("0", Somebody, default);
        Assert.True(await Store.AddAsync(NewWebhook("more"), Somebody, default));
    }

    [Fact]
    public async Task Each_change_gives_one_event_without_secrets_and_passwords()
    {
        var webhook = NewWebhook("a") with
        {
            Url = "https://user:pass@hooks.example/a",
            Description = "mine",
            CreatedBy = "creator0",
        };
        await Store.AddAsync(webhook, new("creator0", null), default);
        webhook = await ChangeAsync(
            webhook with { Secrets = [new("whsec_other", null), .. webhook.Secrets] });
        webhook = await ChangeAsync(webhook with { State = WebhookState.Paused, Reason = "It fails." });
        await Store.StoreHealthAsync("a", new(3, Now, null), Now, default);
        webhook = await ChangeAsync(webhook with { State = WebhookState.Active, Reason = null });
        await ChangeAsync(webhook with { State = WebhookState.Ended, Reason = "It answered 410." });
        await Store.DeleteAsync("a", Somebody, default);

        var events = await ReadAllAsync();

        Assert.Equal(
            [
                "webhook.created", "webhook.changed", "webhook.paused", "webhook.resumed", "webhook.ended",
                "webhook.deleted",
            ],
            events.Select(stored => stored.Type));
        Assert.Equal("creator0", events[0].KeyId);
        Assert.All(events[1..], stored => Assert.Equal("somebody", stored.KeyId));
        Assert.All(events, stored =>
        {
            Assert.Equal(("a", null, null), (stored.Subject, stored.LinkId, stored.Version));
            Assert.DoesNotContain("whsec", stored.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain("pass", stored.ToString(), StringComparison.Ordinal);
        });
        var paused = JsonDocument.Parse(events[2].After!).RootElement;
        Assert.Equal("https://hooks.example", paused.GetProperty("url").GetString());
        Assert.Equal("mine", paused.GetProperty("description").GetString());
        Assert.Equal("link", paused.GetProperty("types")[0].GetString());
        Assert.Equal("paused", paused.GetProperty("state").GetString());
        Assert.Equal("It fails.", paused.GetProperty("reason").GetString());
        Assert.Equal("active", JsonDocument.Parse(events[2].Before!).RootElement
            .GetProperty("state").GetString());
        Assert.Null(events[0].Before);
        Assert.Null(events[5].After);
        Assert.NotNull(events[5].Before);
    }

    private async Task<Webhook> ChangeAsync(Webhook webhook)
    {
        var stored = await Store.ChangeAsync(webhook, Somebody, default);
        Assert.NotNull(stored);
        return stored;
    }

    /// <summary>Reads all events, up to the one of a deletion.</summary>
    private async Task<List<StoredEvent>> ReadAllAsync()
    {
        List<StoredEvent> events = [];
        await Eventually.IsTrueAsync(async () =>
        {
            events = [.. (await Log.ReadAsync(new(0, 0), 100, default)).Events];
            return events.Any(stored => stored.Type == "webhook.deleted");
        });
        Assert.All(events, EventSchemaAssert.IsValid);
        return events;
    }

    /// <summary>Compares lists by their elements.</summary>
    private static void AssertEqual(Webhook expected, Webhook? stored)
    {
        Assert.NotNull(stored);
        Assert.Equal(expected.Secrets, stored.Secrets);
        Assert.Equal(expected.Filter.Types, stored.Filter.Types);
        Assert.Equal(expected.Filter.Domains, stored.Filter.Domains);
        Assert.Equal(expected.Filter.Tags, stored.Filter.Tags);
        Assert.Equal(expected.Filter.Links, stored.Filter.Links);
        Assert.Equal(expected, stored with { Secrets = expected.Secrets, Filter = expected.Filter });
    }
}
