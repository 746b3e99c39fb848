using Terse.Redirects;
using Terse.Visits;

namespace Terse.Tests.Redirects;

public sealed class LinkCacheTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    private readonly TestCache _test = new();

    private FakeLinkStore Store => _test.Store;

    [Fact]
    public async Task A_cached_link_is_read_from_the_store_once()
    {
        Store.Put("code");
        for (var time = 0; time < 100; time++)
            Assert.Equal("https://example.com/", await _test.FollowAsync("code"));

        Assert.Equal(1, Store.Reads);
        Assert.Equal((99, 1), _test.HitsAndMisses());
        Assert.Equal(1, _test.Figure("terse.cache.entries"));
        Assert.Equal(1, _test.Cache.Count);
    }

    [Fact]
    public void A_probe_of_an_empty_cache_finds_nothing_and_counts_no_hit()
    {
        Assert.Equal(new CacheProbe(null, IsFresh: false), _test.Cache.Probe("", "code"));
        Assert.Equal((0, 0), _test.HitsAndMisses());
    }

    [Fact]
    public async Task A_probe_counts_a_hit_of_the_link_it_finds()
    {
        Store.Put("code");
        var link = await _test.FindAsync("code");
        Assert.Equal(0, link!.Hits);

        Assert.Equal(new CacheProbe(link, IsFresh: true), _test.Cache.Probe("", "code"));
        Assert.Equal(1, link.Hits);
        Assert.Equal((1, 1), _test.HitsAndMisses());
    }

    [Fact]
    public async Task A_link_that_expires_in_the_cache_is_answered_as_expired_without_a_read()
    {
        Store.Links["code"] = Store.Put("code") with { ExpiresAt = _test.Time.GetUtcNow() + Second };
        Assert.Equal(RedirectOutcome.Followed, await OutcomeAsync("code"));
        _test.Time.Advance(Second);
        Assert.Equal(RedirectOutcome.Expired, await OutcomeAsync("code"));
        Assert.Equal(1, Store.Reads);
    }

    [Fact]
    public async Task After_a_change_of_all_links_the_cache_is_empty()
    {
        Store.Put("code", "https://old.example/");
        await _test.FollowAsync("code");
        Store.Put("code", "https://new.example/");
        _test.Cache.OnAllChanged();

        Assert.Equal((0, 0), (_test.Cache.Count, _test.Cache.Bytes));
        Assert.Equal("https://new.example/", await _test.FollowAsync("code"));
    }

    [Fact]
    public async Task A_change_of_one_link_leaves_the_others_in_the_cache()
    {
        await FollowAllAsync(["changed", "other"]);
        _test.Cache.OnChanged(new("", "changed"));

        Assert.False(_test.IsCached("changed"));
        Assert.True(_test.IsCached("other"));
    }

    [Fact]
    public async Task A_link_is_fresh_up_to_the_maximum_age_and_stale_one_tick_later()
    {
        Store.Put("code");
        var link = await _test.FindAsync("code");
        _test.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(new CacheProbe(link, IsFresh: true), _test.Cache.Probe("", "code"));
        Assert.Equal(1, link!.Hits);
        _test.Time.Advance(Tick);
        Assert.Equal(new CacheProbe(link, IsFresh: false), _test.Cache.Probe("", "code"));
        Assert.Equal(1, link.Hits);
        Assert.Equal((1, 1), _test.HitsAndMisses());
    }

    [Fact]
    public async Task A_link_is_loaded_again_at_the_maximum_age_however_often_it_is_followed()
    {
        Store.Put("code");
        for (var minute = 0; minute <= 61; minute++)
        {
            Assert.NotNull(await _test.FollowAsync("code"));
            _test.Time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(2, Store.Reads);
    }

    [Fact]
    public async Task A_copy_is_as_old_as_the_start_of_its_load()
    {
        Store.Put("code");
        Store.IsHolding = true;
        var load = _test.FindAsync("code");
        _test.Time.Advance(3 * Second);
        Store.Held.Single().Complete();
        await load;

        _test.Time.Advance(TimeSpan.FromHours(1) - (3 * Second));
        Assert.True(_test.Cache.Probe("", "code").IsFresh);
        _test.Time.Advance(Tick);
        Assert.False(_test.Cache.Probe("", "code").IsFresh);
    }

    [Fact]
    public async Task While_the_change_feed_is_disconnected_a_link_is_fresh_for_5_seconds()
    {
        Store.Put("code", "https://old.example/");
        await _test.FollowAsync("code");
        Store.Put("code", "https://new.example/");
        _test.Cache.OnDisconnected();
        _test.Time.Advance(5 * Second);
        Assert.Equal("https://old.example/", await _test.FollowAsync("code"));
        _test.Time.Advance(Tick);
        Assert.Equal("https://new.example/", await _test.FollowAsync("code"));

        _test.Cache.OnConnected();
        _test.Time.Advance(60 * Second);
        await _test.FollowAsync("code");
        Assert.Equal(2, Store.Reads);
    }

    [Fact]
    public async Task A_maximum_age_below_5_seconds_holds_while_the_change_feed_is_disconnected()
    {
        using var test = new TestCache(maxAge: 2 * Second);
        test.Store.Put("code");
        await test.FollowAsync("code");
        test.Cache.OnDisconnected();
        test.Time.Advance(2 * Second);
        Assert.True(test.Cache.Probe("", "code").IsFresh);
        test.Time.Advance(Tick);
        Assert.False(test.Cache.Probe("", "code").IsFresh);
    }

    [Fact]
    public async Task A_link_is_found_only_by_its_exact_code_in_its_own_domain()
    {
        Store.Put("code");
        await _test.FollowAsync("code");

        Assert.True(_test.Cache.Probe("", "xcode".AsSpan(1)).IsFresh);
        Assert.Null(_test.Cache.Probe("go.example.com", "code").Link);
        Assert.Null(_test.Cache.Probe("", "Code").Link);
    }

    [Fact]
    public async Task The_hottest_links_are_listed_first_up_to_the_limit()
    {
        await FollowAllAsync(["cold", "hot", "warm", "hot", "hot", "warm"]);

        Assert.Equal([new("", "hot"), new("", "warm")], _test.Cache.FindHottest(2));
        Assert.Equal([new("", "hot"), new("", "warm"), new("", "cold")], _test.Cache.FindHottest(3));
    }

    public void Dispose() => _test.Dispose();

    private async Task<RedirectOutcome> OutcomeAsync(string code) =>
        (await _test.FindAsync(code))!.OutcomeAt(_test.Time.GetUtcNow());

    private async Task FollowAllAsync(IEnumerable<string> codes)
    {
        foreach (var code in codes)
        {
            if (!Store.Links.ContainsKey(code))
                Store.Put(code);
            Assert.NotNull(await _test.FollowAsync(code));
        }
    }
}
