using Terse.Harness;
using Terse.Hosting;
using Terse.Links;

namespace Terse.TestSupport;

/// <summary>
/// The tests that every link store must pass. The SQLite store and the PostgreSQL store each have a subclass.
/// </summary>
public abstract partial class LinkStoreContract : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 8, 30, 0, 123, TimeSpan.Zero);

    public abstract ValueTask InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    private protected abstract ILinkStore Store { get; }

    private protected abstract ILinkReader Reader { get; }

    protected abstract ValueTask CloseAsync();

    /// <summary>
    /// Returns the stored changes of all links. A Terse server that may have missed notifications reads these
    /// changes.
    /// </summary>
    private protected abstract Task<IReadOnlyList<StoredChange>> ReadChangesAsync();

    /// <summary>Moves the times of all stored changes into the past by <paramref name="age"/>.</summary>
    protected abstract Task AgeChangesAsync(TimeSpan age);

    /// <summary>
    /// Runs the store's clean-up, if the store has one that is not part of each change.
    /// </summary>
    protected virtual Task CleanUpAsync() => Task.CompletedTask;

    [Fact]
    public async Task An_added_link_is_found_as_it_was()
    {
        var link = NewLink(1, "sale", "https://bücher.example/\"a b\"\\ü🙂");

        Assert.Equal(AddLinkResult.Added, await AddAsync(link));
        Assert.Equal(link, await Reader.FindAsync(new("", "sale"), default));
    }

    [Fact]
    public async Task A_link_keeps_its_settings_until_they_are_removed()
    {
        var link = NewLink(1, "sale") with
        {
            Settings = new LinkSettings
            {
                Title = "Sale 🙂",
                Note = "for \"everybody\"",
                Tags = ["Spring", "한국어"],
                IsDisabled = true,
                ValidFrom = Now,
                RedirectStatus = 308,
                ForwardQuery = QueryForwarding.Merge,
                ForwardPath = true,
                VisitEvents = true,
                ExpiredTarget = "https://example.com/over",
                Rules =
                [
                    new("한국어", new() { Language = ["ko"], From = Now.UtcDateTime }, "https://e.example/ko"),
                    new("half", new() { Percent = 50, Query = ["a=\"b\""] }, "https://example.com/half"),
                ],
                Password = LinkPassword.Of("열려라", iterations: 1),
            },
        };
        await AddAsync(link);
        Assert.Equal(link, await Reader.FindAsync(link.Name, default));

        var plain = link with { Version = 2, Settings = LinkSettings.None };
        Assert.NotNull(await Store.ReplaceAsync(plain, default));
        Assert.Equal(plain, await Reader.FindAsync(link.Name, default));
        var titled = plain with { Version = 3, Settings = new LinkSettings { Title = "Over" } };
        Assert.NotNull(await Store.ReplaceAsync(titled, default));
        Assert.Equal(titled, await Reader.FindAsync(link.Name, default));
    }

    [Fact]
    public async Task A_name_of_no_link_finds_nothing()
    {
        await AddAsync(NewLink(1, "sale"));

        Assert.Null(await Reader.FindAsync(new("", "Sale"), default));
        Assert.Null(await Reader.FindAsync(new("s.example.org", "sale"), default));
        Assert.Null(await Reader.FindAsync(new("", ""), default));
    }

    [Fact]
    public Task A_creation_or_change_that_does_not_end_in_time_fails() =>
        Assert.ThrowsAsync<StoreUnavailableException>(() => Store.RunAsync(
            token => new TaskCompletionSource<int>().Task.WaitAsync(token), new QuickTime(), default));

    [Fact]
    public async Task A_taken_code_stays_with_its_first_link()
    {
        var first = NewLink(1, "sale", "https://example.com/first");
        await AddAsync(first);

        var elsewhere = NewLink(3, "sale", domain: "s.example.org");
        Assert.Equal(AddLinkResult.CodeTaken, await AddAsync(NewLink(2, "sale")));
        Assert.Equal(AddLinkResult.Added, await AddAsync(elsewhere));
        Assert.Equal(first, await Reader.FindAsync(new("", "sale"), default));
    }

    [Fact]
    public async Task A_taken_id_and_a_taken_code_have_different_results()
    {
        await AddAsync(NewLink(1, "sale"));

        Assert.Equal(AddLinkResult.IdTaken, await AddAsync(NewLink(1, "other")));
        Assert.Null(await Reader.FindAsync(new("", "other"), default));
    }

    [Fact]
    public async Task Of_many_concurrent_creations_with_the_same_code_one_succeeds()
    {
        var links = Enumerable.Range(1, 200).Select(id => NewLink(id, "sale", $"https://example.com/{id}"));
        var results = await Task.WhenAll(links.Select(link => AddAsync(link)));

        Assert.Single(results, AddLinkResult.Added);
        var winner = Array.IndexOf(results, AddLinkResult.Added) + 1;
        var found = await Reader.FindAsync(new("", "sale"), default);
        Assert.Equal($"https://example.com/{winner}", found?.Target);
    }

    [Fact]
    public async Task Links_that_are_added_concurrently_keep_their_own_rules()
    {
        var links = Enumerable.Range(1, 60).Select(id => WithRules(NewLink(id, $"c{id}"), id)).ToList();
        var results = await Task.WhenAll(links.Select(AddAsync));

        Assert.All(results, result => Assert.Equal(AddLinkResult.Added, result));
        foreach (var link in links)
            Assert.Equal(link, await Reader.FindAsync(new("", link.Code), default));
        Assert.All(await TakeAllAsync(links[3], 10), Assert.True);
        Assert.Equal(2, (await TakeAllAsync(links[1], 10)).Count(isTaken => isTaken));
    }

    [Fact]
    public async Task A_link_that_is_added_concurrently_with_conflicting_links_keeps_its_rules()
    {
        await AddAsync(NewLink(1, "taken"));
        var link = WithRules(NewLink(2, "free"), 2);
        var results = await Task.WhenAll(
            AddAsync(WithRules(NewLink(3, "taken"), 3)), AddAsync(link), AddAsync(NewLink(1, "other")));

        Assert.Equal([AddLinkResult.CodeTaken, AddLinkResult.Added, AddLinkResult.IdTaken], results);
        Assert.Equal(link, await Reader.FindAsync(new("", "free"), default));
    }

    [Fact]
    public async Task A_change_stores_all_fields_and_returns_its_time()
    {
        var link = NewLink(1, "sale");
        await AddAsync(link);
        var changed = link with
        {
            Target = "https://bücher.example/🙂",
            Version = 2,
            ExpiresAt = Now,
            MaxVisits = 7,
            DeletedAt = Now,
        };
        var before = TimeProvider.System.GetUtcNow().AddMinutes(-1);
        var writtenAt = await Store.ReplaceAsync(changed, default);

        Assert.InRange(writtenAt!.Value, before, before.AddMinutes(2));
        Assert.Equal(changed, await Reader.FindLatestAsync(new("", "sale"), default));
        Assert.Equal(changed, await Reader.FindAsync(new("", "sale"), default));
        Assert.NotNull(await Store.ReplaceAsync(link with { Version = 3 }, default));
        Assert.Equal(link with { Version = 3 }, await Reader.FindLatestAsync(new("", "sale"), default));
    }

    [Fact]
    public async Task A_change_of_a_version_other_than_the_stored_version_stores_nothing()
    {
        var link = NewLink(1, "sale");
        await AddAsync(link);
        var second = link with { Target = "https://example.com/2", Version = 2 };
        var other = link with { Target = "https://example.com/other" };

        Assert.Null(await Store.ReplaceAsync(other, default));
        Assert.Null(await Store.ReplaceAsync(other with { Version = 3 }, default));
        Assert.NotNull(await Store.ReplaceAsync(second, default));
        Assert.Null(await Store.ReplaceAsync(other with { Version = 2 }, default));
        Assert.Null(await Store.ReplaceAsync(NewLink(2, "none") with { Version = 2 }, default));
        Assert.Equal(second, await Reader.FindLatestAsync(new("", "sale"), default));
    }

    [Fact]
    public async Task Of_many_concurrent_changes_of_the_same_version_one_is_stored()
    {
        var link = NewLink(1, "sale");
        await AddAsync(link);
        for (var version = 2; version <= 11; version++)
        {
            var changes = Enumerable.Range(1, 16)
                .Select(number => link with { Version = version, Target = $"https://example.com/{number}" })
                .ToList();
            var results = await Task.WhenAll(changes.Select(change => Store.ReplaceAsync(change, default)));
            var winner = changes[Array.FindIndex(results, writtenAt => writtenAt is not null)];

            Assert.Single(results, writtenAt => writtenAt is not null);
            Assert.Equal(winner, await Reader.FindLatestAsync(new("", "sale"), default));
        }

        Assert.Equal(10, (await ReadChangesAsync()).Count);
    }

    [Fact]
    public async Task A_limited_link_never_has_more_visits_than_its_limit()
    {
        var link = NewLink(1, "sale") with { MaxVisits = 50 };
        await AddAsync(link);

        Assert.Equal(50, (await TakeAllAsync(link, 120)).Count(isTaken => isTaken));
        Assert.False(await Store.TakeVisitAsync(link, default));
        Assert.Equal(link, await Reader.FindAsync(new("", "sale"), default));
        Assert.Empty(await ReadChangesAsync());
    }

    [Fact]
    public async Task A_changed_limit_counts_the_visits_before_the_change()
    {
        var link = NewLink(1, "sale") with { MaxVisits = 5 };
        await AddAsync(link);
        Assert.All(await TakeAllAsync(link, 4), Assert.True);

        await Store.ReplaceAsync(link with { MaxVisits = 3, Version = 2 }, default);
        Assert.False(await Store.TakeVisitAsync(link, default));
        await Store.ReplaceAsync(link with { MaxVisits = 6, Version = 3 }, default);
        Assert.Equal(2, (await TakeAllAsync(link, 9)).Count(isTaken => isTaken));
        await Store.ReplaceAsync(link with { MaxVisits = null, Version = 4 }, default);
        Assert.True(await Store.TakeVisitAsync(link, default));
        await Store.ReplaceAsync(link with { MaxVisits = 6, Version = 5 }, default);
        Assert.False(await Store.TakeVisitAsync(link, default));
        await Store.ReplaceAsync(link with { MaxVisits = 20, Version = 6 }, default);
        Assert.InRange((await TakeAllAsync(link, 20)).Count(isTaken => isTaken), 13, 14);
    }

    [Fact]
    public async Task A_limit_that_is_set_later_counts_from_its_first_visit()
    {
        var link = NewLink(1, "sale");
        await AddAsync(link);
        var limited = link with { MaxVisits = 3, Version = 2 };
        await Store.ReplaceAsync(limited, default);

        Assert.Equal(3, (await TakeAllAsync(limited, 9)).Count(isTaken => isTaken));
    }

    [Fact]
    public async Task Each_change_is_stored_with_its_version_and_its_time()
    {
        var (first, second) = (NewLink(1, "sale"), NewLink(2, "Sale", domain: "s.example.org"));
        await AddAsync(first);
        await AddAsync(second);
        var times = new[]
        {
            await Store.ReplaceAsync(first with { Version = 2 }, default),
            await Store.ReplaceAsync(second with { Version = 2, DeletedAt = Now }, default),
            await Store.ReplaceAsync(first with { Version = 3 }, default),
        };
        await Store.ReplaceAsync(first with { Version = 3 }, default);

        Assert.Equal(
            [
                new StoredChange("", "sale", 2, times[0]!.Value),
                new StoredChange("s.example.org", "Sale", 2, times[1]!.Value),
                new StoredChange("", "sale", 3, times[2]!.Value),
            ],
            await ReadChangesAsync());
    }

    [Fact]
    public async Task Stored_changes_that_are_older_than_a_day_are_deleted_and_younger_changes_stay()
    {
        var link = NewLink(1, "sale");
        await AddAsync(link);
        for (var version = 2; version <= 11; version++)
            await Store.ReplaceAsync(link with { Version = version }, default);
        await AgeChangesAsync(TimeSpan.FromHours(23));
        await Store.ReplaceAsync(link with { Version = 12 }, default);
        Assert.Equal(11, (await ReadChangesAsync()).Count);
        await AgeChangesAsync(TimeSpan.FromHours(2));
        for (var version = 13; version <= 15; version++)
            await Store.ReplaceAsync(link with { Version = version }, default);
        await CleanUpAsync();

        Assert.Equal([12, 13, 14, 15], (await ReadChangesAsync()).Select(change => change.Version));
    }

    private Task<bool[]> TakeAllAsync(Link link, int times) =>
        Task.WhenAll(Enumerable.Range(0, times).Select(_ => Store.TakeVisitAsync(link, default)));

    /// <summary>
    /// Gives a link an expiry time, a visit limit, both, or neither. The remainder of
    /// <paramref name="number"/> divided by 4 selects the case.
    /// </summary>
    private static Link WithRules(Link link, int number) => link with
    {
        ExpiresAt = number % 4 is 1 or 3 ? Now.AddDays(number) : null,
        MaxVisits = number % 4 is 2 or 3 ? number : null,
    };

    private protected readonly record struct StoredChange(
        string Domain, string Code, int Version, DateTimeOffset At);

    /// <summary>
    /// The time that the tests give to new links: one hour from now. The database refuses a link whose time
    /// is not later than the horizon (the time up to which the database accepts no more links).
    /// </summary>
    private protected static DateTimeOffset TickEnd => TimeProvider.System.GetUtcNow().AddHours(1);

    private protected Task<AddLinkResult> AddAsync(Link link) => Store.AddAsync(link, TickEnd, default);

    private protected static Link NewLink(
        long id, string code, string target = "https://example.com/", string domain = "") =>
        new(Tsid.FromInt64(id), domain, code, target, Now);
}
