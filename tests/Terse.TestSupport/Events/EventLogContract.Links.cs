using System.Text.Json;
using Terse.Events;
using Terse.Visits;
using static Terse.TestSupport.EventSamples;

namespace Terse.TestSupport;

/// <summary>Events of links that no request causes: visits, and the end of a link.</summary>
public abstract partial class EventLogContract
{
    [Fact]
    public async Task The_visits_of_links_that_are_opted_in_are_in_exactly_one_event()
    {
        await Links.CreateAsync(NewLink(1) with { Settings = new() { VisitEvents = true } });
        await Links.CreateAsync(NewLink(2, "a.example"));
        await Links.CreateAsync(NewLink(3, "", "Spring"));
        await Links.CreateAsync(NewLink(4, "b.example", "summer"));
        var store = NewVisitStore(NewOptIn(["a.example"], ["spring"]));
        var first = new VisitBatch(Run, 1, [
            NewVisit(1, minutes: 2), NewVisit(1), NewVisit(1, minutes: 1) with { IsBot = true }, NewVisit(2),
            NewVisit(3), NewVisit(4)]);
        await store.AddAsync(first, default);
        await store.AddAsync(first, default);
        await store.AddAsync(new(Run, 2, [NewVisit(1), NewVisit(4)]), default);

        var events = (await ReadAllAsync()).Where(stored => stored.Type == "link.visited").ToList();

        Assert.Equal([1, 1, 2, 3], events.Select(stored => stored.LinkId!.Value).Order());
        var of1 = events.First(stored => stored.LinkId == 1);
        Assert.Equal(("/c1", 1, null), (of1.Subject, of1.Version, of1.KeyId));
        var data = JsonDocument.Parse(of1.Data!).RootElement;
        Assert.Equal(2, data.GetProperty("visits").GetInt64());
        Assert.Equal(1, data.GetProperty("botVisits").GetInt64());
        Assert.Equal(Now, data.GetProperty("firstAt").GetDateTimeOffset());
        Assert.Equal(Now.AddMinutes(2), data.GetProperty("lastAt").GetDateTimeOffset());
        Assert.Equal(1, NumberOf(events.Last(stored => stored.LinkId == 1), "visits"));
        Assert.Equal("a.example/c2", events.Single(stored => stored.LinkId == 2).Subject);
        Assert.Equal("""["Spring"]""", PropertyOf(events.Single(stored => stored.LinkId == 3), "tags"));
    }

    [Fact]
    public async Task A_link_that_opts_in_later_gives_events_of_its_later_visits()
    {
        var link = await Links.CreateAsync(NewLink(1));
        var store = NewVisitStore(NewOptIn([], []));
        await store.AddAsync(new(Run, 1, [NewVisit(1), NewVisit(1)]), default);
        await Links.ChangeAsync(link with { Settings = new() { VisitEvents = true } });
        await store.AddAsync(new(Run, 2, [NewVisit(1)]), default);

        var visited = Assert.Single(await ReadAllAsync(), stored => stored.Type == "link.visited");
        Assert.Equal(1, NumberOf(visited, "visits"));
        Assert.Equal(2, visited.Version);
    }

    [Fact]
    public async Task A_link_whose_visits_are_used_up_gives_one_event()
    {
        var link = await Links.CreateAsync(NewLink(1, "", "spring") with { MaxVisits = 2 });
        for (var visit = 0; visit < 4; visit++)
            await Links.TakeVisitAsync(link, default);

        var used = Assert.Single(await ReadAllAsync(), stored => stored.Type == "link.exhausted");
        Assert.Equal(("/c1", 1, 1), (used.Subject, used.LinkId, used.Version));
        Assert.Equal(2, NumberOf(used, "maxVisits"));
        Assert.Equal("""["spring"]""", PropertyOf(used, "tags"));
    }

    [Fact]
    public async Task A_link_gives_one_event_when_it_expires()
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(
            TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        var first = await Links.CreateAsync(NewLink(1, "", "spring") with { ExpiresAt = now.AddHours(1) });
        await Links.CreateAsync(NewLink(2) with { ExpiresAt = now.AddHours(2) });
        var deleted = await Links.CreateAsync(NewLink(3) with { ExpiresAt = now.AddHours(1) });
        await Links.ChangeAsync(deleted with { DeletedAt = now });

        await ExpireLinksAsync(now.AddMinutes(30));
        Assert.Empty(await ReadExpiredAsync());
        await ExpireLinksAsync(now.AddMinutes(90));
        await ExpireLinksAsync(now.AddMinutes(90));
        Assert.Equal([1], (await ReadExpiredAsync()).Select(stored => stored.LinkId!.Value));
        await Links.ChangeAsync(first with { ExpiresAt = now.AddHours(3) });
        await ExpireLinksAsync(now.AddHours(4));
        await ExpireLinksAsync(now.AddHours(5));

        var expired = await ReadExpiredAsync();
        Assert.Equal([1, 2, 1], expired.Select(stored => stored.LinkId!.Value));
        Assert.Equal(("/c1", 1), (expired[0].Subject, expired[0].Version));
        Assert.Equal("""["spring"]""", PropertyOf(expired[0], "tags"));
        Assert.Equal(
            now.AddHours(1),
            JsonDocument.Parse(expired[0].Data!).RootElement.GetProperty("expiresAt").GetDateTimeOffset());
    }

    [Fact]
    public async Task A_link_that_is_stored_after_its_end_gives_one_event()
    {
        var now = TimeProvider.System.GetUtcNow();
        var link = await Links.CreateAsync(NewLink(1) with { ExpiresAt = now.AddHours(-1) });
        await ExpireLinksAsync(now.AddHours(1));
        await Links.ChangeAsync(link with { Target = "https://example.com/else" });
        await ExpireLinksAsync(now.AddHours(2));

        Assert.Single(await ReadExpiredAsync());
    }

    [Fact]
    public async Task Events_about_visits_and_the_end_of_a_link_name_its_present_code()
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(
            TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        var link = await Links.CreateAsync(NewLink(1) with
        {
            MaxVisits = 1,
            ExpiresAt = now.AddHours(1),
            Settings = new() { VisitEvents = true },
        });
        link = await Links.ChangeAsync(link with { LaterCodes = "second" });
        link = await Links.ChangeAsync(link with { LaterCodes = "second third" });
        await NewVisitStore(NewOptIn([], [])).AddAsync(new(Run, 1, [NewVisit(1)]), default);
        await Links.TakeVisitAsync(link, default);
        await ExpireLinksAsync(now.AddHours(2));
        await Links.ChangeAsync(link with { ExpiresAt = now.AddHours(-1) });

        var events = await ReadAllAsync();

        Assert.Equal(
            [
                "/c1 link.created", "/second link.changed", "/third link.changed", "/third link.visited",
                "/third link.exhausted", "/third link.expired", "/third link.changed", "/third link.expired",
            ],
            events.Select(stored => $"{stored.Subject} {stored.Type}"));
    }

    private async Task<List<StoredEvent>> ReadExpiredAsync() =>
        [.. (await ReadAllAsync()).Where(stored => stored.Type == "link.expired")];

    private static Visit NewVisit(long link, int minutes = 0) => new(
        Tsid.FromInt64(link),
        Now.AddMinutes(minutes),
        RedirectOutcome.Followed,
        false,
        "AT",
        "example.com",
        "Firefox",
        "Linux",
        "desktop",
        "");

    private static string? TextOf(string? json, string name) =>
        JsonDocument.Parse(json!).RootElement.GetProperty(name).GetString();

    private static long NumberOf(StoredEvent stored, string name) =>
        JsonDocument.Parse(stored.Data!).RootElement.GetProperty(name).GetInt64();

    private static string PropertyOf(StoredEvent stored, string name) =>
        JsonDocument.Parse(stored.Data!).RootElement.GetProperty(name).ToString();
}
