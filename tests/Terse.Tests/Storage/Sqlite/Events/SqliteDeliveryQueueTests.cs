using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Terse.Access;
using Terse.Events;
using Terse.Links;
using Terse.Storage.Sqlite;
using Terse.TestSupport;
using static Terse.TestSupport.EventSamples;

namespace Terse.Tests.Storage;

public sealed class SqliteDeliveryQueueTests : DeliveryQueueContract
{
    private readonly SqliteFile _file = new();

    private protected override IDeliveryQueue Queue => new SqliteDeliveryQueue(_file.Writer, _file.Readers);

    private protected override IDeliveryLog Deliveries => new SqliteDeliveryLog(_file.Writer, _file.Readers);

    private protected override IWebhookStore Webhooks =>
        new SqliteWebhookStore(_file.Writer, _file.Readers, Ends);

    private protected override ILinkStore Links => new SqliteLinkStore(_file.Writer, _file.Readers);

    private SqliteWebhookEnd Ends => new(_file.Writer, _file.Readers);

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    protected override ValueTask CloseAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override Task PassAsync(TimeSpan time) => _file.Writer.RunAsync(
        session =>
        {
            var passed = (long)time.TotalMilliseconds;
            session.Command("UPDATE delivery_line SET due_at = due_at - ?1", passed).ExecuteNonQuery();
            session.Command("UPDATE webhook SET slowed_until = slowed_until - ?1", passed).ExecuteNonQuery();
            return 0;
        },
        default);

    [Fact]
    public async Task Events_of_other_processes_are_delivered()
    {
        var webhook = NewWebhook("a");
        await Webhooks.AddAsync(webhook, Actor.None, default);
        using (var writer = new SqliteWriter(_file.Open()))
            await new SqliteLinkStore(writer, _file.Readers).CreateAsync(NewLink(1));

        Assert.InRange(await Queue.DispatchAsync(10, (_, _) => true, default), 1, 2);
        var lines = await Queue.TakeAsync(
            new(new Dictionary<string, int>(), 10, 10, 10, TimeSpan.FromSeconds(30), Now), default);
        Assert.Contains("link:1", lines.Select(line => line.Line));
    }

    [Fact]
    public async Task More_deliveries_than_a_transaction_takes_become_dead_when_their_webhook_ends()
    {
        const int Count = 1_100;
        var webhook = NewWebhook("a");
        await Webhooks.AddAsync(webhook, Actor.None, default);
        await Task.WhenAll(Enumerable.Range(1, Count).Select(id => Links.CreateAsync(NewLink(id))));
        Assert.InRange(await Queue.DispatchAsync(10_000, (_, _) => true, default), Count, Count + 1);

        await Webhooks.ChangeAsync(webhook with { State = WebhookState.Ended }, Actor.None, default);

        var counts = await Deliveries.CountAsync(default);
        Assert.Equal(0, counts.Waiting);
        Assert.InRange(counts.Dead, Count, Count + 1);
        Assert.Equal(0, await CountAsync("SELECT count(*) FROM delivery_line"));
    }

    [Fact]
    public async Task Events_are_deleted_with_their_deliveries_after_the_retention_time()
    {
        await Webhooks.AddAsync(NewWebhook("a"), Actor.None, default);
        await Task.WhenAll(Enumerable.Range(1, 700).Select(id => Links.CreateAsync(NewLink(id))));
        await Queue.DispatchAsync(10_000, (_, _) => true, default);
        await MoveBackAsync(TimeSpan.FromDays(14.1));
        await Links.CreateAsync(NewLink(1_000));
        await Queue.DispatchAsync(10_000, (_, _) => true, default);
        await MoveBackAsync(TimeSpan.FromDays(13.8));
        await Links.CreateAsync(NewLink(1_001));
        await Queue.DispatchAsync(10_000, (_, _) => true, default);

        await NewUpkeep().DeleteOldAsync(default);
        Assert.Equal(2, await CountAsync("SELECT count(*) FROM event"));
        Assert.Equal(2, await CountAsync("SELECT count(*) FROM delivery"));
        var lines = await Queue.TakeAsync(
            new(new Dictionary<string, int>(), 2_000, 2_000, 10, TimeSpan.FromSeconds(30), Now), default);
        Assert.Equal(["link:1000", "link:1001"], lines.Select(line => line.Line).Order());
        Assert.Equal(2, await CountAsync("SELECT count(*) FROM delivery_line"));
    }

    private SqliteEventUpkeep NewUpkeep() => new(
        _file.Writer,
        new(_file.Writer, _file.Readers),
        Ends,
        Options.Create(new EventOptions { Retention = TimeSpan.FromDays(14) }),
        TimeProvider.System,
        NullLogger<SqliteEventUpkeep>.Instance);

    /// <summary>Moves all events of the last hour, with their deliveries, into the past.</summary>
    private Task<int> MoveBackAsync(TimeSpan age) => _file.Writer.RunAsync(
        session =>
        {
            var (step, recent) = ((long)age.TotalMicroseconds, "unixepoch('now', '-1 hour') * 1000000");
            session.Command($"UPDATE event SET at = at - ?1 WHERE at > {recent}", step).ExecuteNonQuery();
            session.Command($"UPDATE delivery SET event_at = event_at - ?1 WHERE event_at > {recent}", step)
                .ExecuteNonQuery();
            return 0;
        },
        default);

    protected override Task ContinueEndsAsync() => Ends.ContinueAsync(default);

    protected override Task ExecuteAsync(string sql) => _file.Writer.RunAsync(
        session => session.Command(sql).ExecuteNonQuery(), default);

    protected override Task<long> CountAsync(string sql) => _file.Writer.RunAsync(
        session => (long)session.Command(sql).ExecuteScalar()!, default);
}
