using System.Globalization;
using Terse.Access;
using Terse.Domains;
using Terse.Events;
using Terse.Harness;
using Terse.Links;
using Terse.Visits;
using static Terse.TestSupport.EventSamples;

namespace Terse.TestSupport;

/// <summary>The tests that the log of events of every store must pass.</summary>
public abstract partial class EventLogContract : IAsyncLifetime
{
    private static readonly Actor Somebody = new("somebody", null);

    private static readonly VisitRun Run = new(1, 1, new("d8f4a1c6-7a83-4e0e-8f06-4b34a27f6f6d"));

    private int _markers;

    public abstract ValueTask InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    private protected abstract IEventLog Log { get; }

    private protected abstract ILinkStore Links { get; }

    private protected abstract IKeyStore Keys { get; }

    private protected abstract IDomainStore Domains { get; }

    private protected abstract IBlockStore Blocks { get; }

    private protected abstract IVisitEraser Eraser { get; }

    private protected abstract IVisitStore NewVisitStore(VisitOptIn optIn);

    /// <summary>Adds events with a tag about a link, and returns after the commit.</summary>
    private protected abstract Task AddTaggedAsync(long link, string tag, int count);

    /// <summary>Runs the job that finds links that have expired, at a time of the database's clock.</summary>
    private protected abstract Task ExpireLinksAsync(DateTimeOffset now);

    protected abstract ValueTask CloseAsync();

    [Fact]
    public async Task Each_change_of_a_link_gives_one_event_with_the_states_before_and_after()
    {
        var link = await Links.CreateAsync(
            NewLink(7) with { Settings = new() { CreatedBy = "creator0", Title = "A" } });
        var moved = link with { Target = "https://example.com/new" };
        link = await Links.ChangeAsync(moved.ChangedBy(Somebody, link));
        link = await Links.ChangeAsync((link with { DeletedAt = Now }).ChangedBy(Somebody, link));
        await Links.ChangeAsync((link with { DeletedAt = null }).ChangedBy(Actor.None, link));

        var events = await ReadAllAsync();

        Assert.Equal(
            [
                ("link.created", 1, "creator0"), ("link.changed", 2, "somebody"),
                ("link.deleted", 3, "somebody"), ("link.restored", 4, null),
            ],
            events.Select(stored => (stored.Type, stored.Version!.Value, stored.KeyId)));
        Assert.All(events, stored => Assert.Equal(
            ("/c7", 7, null), (stored.Subject, stored.LinkId, stored.Data)));
        Assert.Null(events[0].Before);
        Assert.Equal("A", TextOf(events[0].After, "title"));
        Assert.Equal("https://example.com/7", TextOf(events[1].Before, "target"));
        Assert.Equal("https://example.com/new", TextOf(events[1].After, "target"));
        Assert.NotNull(TextOf(events[2].After, "deletedAt"));
    }

    [Fact]
    public async Task Each_change_of_a_key_gives_one_event_without_its_secret()
    {
        var text = KeyText.New();
        var key = new ApiKey(text.Id, "ci", Role.Editor, KeyScope.All, text.Hash()) { CreatedAt = Now };
        await Keys.AddAsync(key with { CreatedBy = "somebody" }, Somebody, default);
        var secret = new NewSecret(key.Id, KeyText.NewSecret(key.Id).Hash(), Now.AddHours(1), Now);
        await Keys.RotateAsync(secret, Somebody, default);
        await Keys.RevokeAsync(key.Id, Now, Somebody, default);
        await Keys.StoreUsesAsync([new(key.Id, Now)], default);

        var events = await ReadAllAsync();

        Assert.Equal(["key.created", "key.rotated", "key.revoked"], events.Select(stored => stored.Type));
        Assert.All(events, stored =>
        {
            Assert.Equal(
                (key.Id, null, null, "somebody"),
                (stored.Subject, stored.LinkId, stored.Version, stored.KeyId));
            Assert.Equal("ci", TextOf(stored.After, "name"));
            Assert.DoesNotContain(
                Convert.ToHexString(key.SecretHash), stored.After, StringComparison.OrdinalIgnoreCase);
        });
    }

    [Fact]
    public async Task Each_change_of_a_domain_gives_one_event()
    {
        await Domains.SeedAsync([new(0, "", DomainSettings.None) { IsActive = true }], default);
        await Domains.AddAsync(new(0, "s.example", DomainSettings.None) { CreatedAt = Now }, default);
        var domain = (await Domains.ReadAsync(null, isLatest: true, default)).Domains!
            .Single(stored => stored.Name == "s.example");
        domain = domain with { Version = domain.Version + 1, Settings = new() { RobotsTxt = "x" } };
        Assert.True(await Domains.ReplaceAsync(domain, default));
        Assert.True(await Domains.ReplaceAsync(
            domain with { Version = domain.Version + 1, RemovedAt = Now }, default));

        var events = (await ReadAllAsync()).Where(stored => stored.Subject == "s.example").ToList();

        Assert.Equal(
            ["domain.added", "domain.changed", "domain.removed"], events.Select(stored => stored.Type));
        Assert.Equal("x", TextOf(events[1].After, "robotsTxt"));
    }

    [Fact]
    public async Task Each_change_of_a_block_gives_one_event()
    {
        await BlockAsync("evil.example", "spam");
        await BlockAsync("evil.example", "spam");
        await BlockAsync("evil.example", "fraud");
        await Blocks.RemoveAsync("evil.example", Somebody, default);

        var events = await ReadAllAsync();

        Assert.Equal(["block.added", "block.added", "block.removed"], events.Select(stored => stored.Type));
        Assert.Equal("spam", TextOf(events[1].Before, "reason"));
        Assert.Equal("fraud", TextOf(events[2].Before, "reason"));
        Assert.All(events, stored => Assert.Equal(
            ("evil.example", "somebody"), (stored.Subject, stored.KeyId)));
    }

    [Fact]
    public async Task A_refused_change_gives_no_event()
    {
        var link = await Links.CreateAsync(NewLink(1));

        Assert.Equal(AddLinkResult.CodeTaken, await Links.AddAsync(
            NewLink(2) with { Code = link.Code }, TimeProvider.System.GetUtcNow().AddHours(1), default));
        Assert.Null(await Links.ReplaceAsync(link with { Version = 5 }, default));
        Assert.False(await Blocks.RemoveAsync("nobody.example", Somebody, default));

        Assert.Single(await ReadAllAsync());
    }

    [Fact]
    public async Task Events_are_in_the_order_of_their_positions_and_pages_contain_each_once()
    {
        for (var id = 1; id <= 7; id++)
            await Links.CreateAsync(NewLink(id));
        var all = await ReadAllAsync();

        var (walked, after) = (new List<StoredEvent>(), new EventPosition(0, 0));
        while (walked.Count < all.Count)
        {
            var page = await Log.ReadAsync(after, 3, default);
            Assert.InRange(page.Events.Count, 1, 3);
            if (page.Events.Count == 3)
                Assert.Equal(page.Events[^1].Position, page.End);
            walked.AddRange(page.Events);
            after = page.End;
        }

        Assert.Equal(all, walked.Take(7));
        Assert.Equal(all.OrderBy(stored => stored.Position), all);
        Assert.Equal(7, all.Select(stored => stored.Position).Distinct().Count());
        Assert.Equal([1, 2, 3, 4, 5, 6, 7], all.Select(stored => stored.LinkId!.Value));
    }

    [Fact]
    public async Task The_present_end_is_after_all_events_and_before_all_later_ones()
    {
        await Links.CreateAsync(NewLink(1));
        await ReadAllAsync();

        var end = await Log.ReadAsync(after: null, 10, default);
        Assert.Empty(end.Events);
        await Links.CreateAsync(NewLink(2));

        var later = await ReadAllAsync(end.End);
        Assert.Equal([2], later.Select(stored => stored.LinkId!.Value));
        var atEnd = await Log.ReadAsync(later[^1].Position, 10, default);
        Assert.True(atEnd.End >= later[^1].Position);
        var future = EventPosition.EndOf(Now.AddYears(100).ToUnixTimeMilliseconds() * 1000);
        Assert.Equal(future, (await Log.ReadAsync(future, 10, default)).End);
    }

    [Fact]
    public async Task A_reader_that_follows_concurrent_changes_misses_none_and_sees_none_twice()
    {
        const int Writers = 8;
        const int Changes = 20;
        var followed = new List<StoredEvent>();
        var writers = Task.WhenAll(Enumerable.Range(1, Writers).Select(WriteAsync));
        var after = new EventPosition(0, 0);
        await Eventually.IsTrueAsync(async () =>
        {
            var page = await Log.ReadAsync(after, 16, default);
            followed.AddRange(page.Events);
            after = page.End;
            return followed.Count >= Writers * Changes;
        });
        await writers;

        Assert.Equal(Writers * Changes, followed.Count);
        foreach (var link in followed.GroupBy(stored => stored.LinkId))
            Assert.Equal(Enumerable.Range(1, Changes), link.Select(stored => stored.Version!.Value));

        async Task WriteAsync(int id)
        {
            var link = await Links.CreateAsync(NewLink(id));
            while (link.Version < Changes)
                link = await Links.ChangeAsync(link);
        }
    }

    [Fact]
    public async Task The_events_of_an_erased_link_lose_what_people_wrote()
    {
        var link = await Links.CreateAsync(
            NewLink(1) with { Settings = new() { Tags = ["private"], VisitEvents = true } });
        await NewVisitStore(NewOptIn([], [])).AddAsync(
            new(Run, 1, [NewVisit(1)]), default);
        await Links.ChangeAsync(link.Erase(Now));
        await EraseAllAsync();

        var events = await ReadAllAsync();

        Assert.Equal(
            ["link.created", "link.visited", "link.erased"], events.Select(stored => stored.Type));
        Assert.All(events, stored =>
        {
            Assert.Equal((null, null), (stored.Before, stored.After));
            Assert.DoesNotContain("private", stored.Data ?? "", StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task The_events_of_an_erased_link_lose_their_tags_in_several_steps()
    {
        var link = await Links.CreateAsync(NewLink(1, "", "private"));
        await AddTaggedAsync(1, "private", 2_500);
        await AddTaggedAsync(2, "kept", 10);
        Assert.False(await Eraser.EraseAsync(default));
        await Links.ChangeAsync(link.Erase(Now));

        Assert.InRange(await EraseAllAsync(), 3, 10);

        var events = new List<StoredEvent>();
        await Eventually.IsTrueAsync(async () =>
        {
            events = [.. (await Log.ReadAsync(new(0, 0), 10_000, default)).Events];
            return events.Count == 2_512;
        });
        Assert.DoesNotContain(events, stored => HasTag(stored, "private"));
        Assert.Equal(10, events.Count(stored => HasTag(stored, "kept")));
        Assert.False(await Eraser.EraseAsync(default));
    }

    private static bool HasTag(StoredEvent stored, string tag) =>
        stored.Data?.Contains(tag, StringComparison.Ordinal) == true;

    /// <returns>The number of steps.</returns>
    private async Task<int> EraseAllAsync()
    {
        var steps = 0;
        while (await Eraser.EraseAsync(default))
            steps++;
        return steps;
    }

    private Task<AddBlockResult> BlockAsync(string host, string reason) => Blocks.AddAsync(
        new(0, host, IncludesSubdomains: false, reason, Now), Somebody, default);

    /// <summary>Reads all events after a position, up to a marker that the method adds.</summary>
    private async Task<List<StoredEvent>> ReadAllAsync(EventPosition? after = null)
    {
        var marker = string.Create(CultureInfo.InvariantCulture, $"marker{++_markers}.example");
        await BlockAsync(marker, "marker");
        List<StoredEvent> events = [];
        await Eventually.IsTrueAsync(async () =>
        {
            events = [.. (await Log.ReadAsync(after ?? new(0, 0), 1_000, default)).Events];
            return events.Any(stored => stored.Subject == marker);
        });
        Assert.All(events, EventSchemaAssert.IsValid);
        return [.. events.Where(stored => !stored.Subject.StartsWith("marker", StringComparison.Ordinal))];
    }
}
