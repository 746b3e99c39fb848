using Terse.Hosting;
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
        _test.Advance(Second);
        Assert.Equal(RedirectOutcome.Expired, await OutcomeAsync("code"));
        Assert.Equal(1, Store.Reads);
    }

    /// <summary>
    /// After a failover, links from before are served up to the limit of 3 s, and are not loaded all at once.
    /// </summary>
    [Fact]
    public async Task After_a_change_of_all_links_a_link_is_served_until_3_s_after_the_feed_was_complete()
    {
        Store.Put("code", "https://old.example/");
        await _test.FollowAsync("code");
        _test.Advance(60 * Second);
        _test.HasFeed = false;
        Store.Put("code", "https://new.example/");
        Store.IsHolding = true;
        _test.Advance(Second);
        _test.Cache.OnAllChanged();
        _test.HasFeed = true;
        _test.Advance(2 * Second);
        Assert.Equal("https://old.example/", await _test.FollowAsync("code"));
        Assert.Equal(2, Store.Reads);
        Store.Held.Single().Complete();

        Assert.Equal("https://new.example/", await _test.FollowAsync("code"));
        _test.Advance(60 * Second);
        Assert.True(_test.Cache.Probe("", "code").IsFresh);
        Assert.Equal(2, Store.Reads);
    }

    [Fact]
    public async Task After_a_change_of_all_links_a_link_beyond_the_limit_is_never_served()
    {
        await FollowAllAsync(["code", "other"]);
        _test.Cache.OnAllChanged();
        _test.Advance(3 * Second);
        Store.IsLost = true;
        Assert.NotNull(await _test.FollowAsync("code"));
        _test.Advance(Tick);

        Assert.Equal(default, _test.Cache.Probe("", "code"));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => _test.FollowAsync("code"));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => _test.FollowAsync("other"));
    }

    [Fact]
    public async Task A_link_that_may_have_changed_is_loaded_in_the_background_2_seconds_after_its_load()
    {
        Store.Put("code");
        await _test.FollowAsync("code");
        Store.IsHolding = true;
        _test.HasFeed = false;
        _test.Advance(2 * Second);
        await _test.FollowAsync("code");
        Assert.Equal(1, Store.Reads);

        _test.Advance(Tick);
        for (var request = 0; request < 10; request++)
            Assert.NotNull(await _test.FollowAsync("code"));
        Assert.Equal(2, Store.Reads);
        Store.Held.Single().Complete();
        _test.Advance(2 * Second);
        Assert.NotNull(await _test.FollowAsync("code"));
        Assert.Equal((12, 1), _test.HitsAndMisses());
    }

    [Fact]
    public async Task A_link_that_does_not_exist_after_a_failover_leaves_the_cache_when_it_is_loaded_again()
    {
        Store.Put("code");
        await _test.FollowAsync("code");
        _test.Cache.OnAllChanged();
        Store.Links.Clear();
        _test.Advance(2.5 * Second);

        Assert.NotNull(await _test.FollowAsync("code"));
        Assert.Null(await _test.FollowAsync("code"));
    }

    [Fact]
    public async Task Only_some_links_are_loaded_in_the_background_at_the_same_time()
    {
        var codes = Enumerable.Range(0, 300).Select(number => $"code{number}").ToList();
        await FollowAllAsync(codes);
        Store.IsHolding = true;
        _test.HasFeed = false;
        _test.Advance(2.5 * Second);
        await FollowAllAsync(codes);

        Assert.Equal(256, Store.Held.Count);
        Store.Held[0].Complete();
        await FollowAllAsync(codes);
        Assert.Equal(256, Store.Held.Count);
    }

    /// <summary>A server that was suspended serves no link that changed during the suspension.</summary>
    [Fact]
    public async Task A_server_that_was_suspended_serves_no_link_from_before_without_a_load()
    {
        Store.Put("code");
        await _test.FollowAsync("code");
        _test.Time.Advance(10 * Second);

        Assert.False(_test.Cache.Probe("", "code").IsFresh);
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
        _test.Advance(TimeSpan.FromHours(1));
        Assert.Equal(new CacheProbe(link, IsFresh: true), _test.Cache.Probe("", "code"));
        Assert.Equal(1, link!.Hits);
        _test.Advance(Tick);
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
            _test.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(2, Store.Reads);
    }

    [Fact]
    public async Task A_copy_is_as_old_as_the_start_of_its_load()
    {
        Store.Put("code");
        Store.IsHolding = true;
        var load = _test.FindAsync("code");
        _test.Advance(3 * Second);
        Store.Held.Single().Complete();
        await load;

        _test.Advance(TimeSpan.FromHours(1) - (3 * Second));
        Assert.True(_test.Cache.Probe("", "code").IsFresh);
        _test.Advance(Tick);
        Assert.False(_test.Cache.Probe("", "code").IsFresh);
    }

    [Fact]
    public async Task While_the_change_feed_is_lost_a_link_is_fresh_for_3_seconds()
    {
        Store.Put("code", "https://old.example/");
        await _test.FollowAsync("code");
        Store.Put("code", "https://new.example/");
        _test.HasFeed = false;
        _test.Advance(3 * Second);
        Store.IsHolding = true;
        Assert.Equal("https://old.example/", await _test.FollowAsync("code"));
        _test.Advance(Tick);
        Assert.False(_test.Cache.Probe("", "code").IsFresh);
        Store.Held.Single().Complete();
        Assert.Equal("https://new.example/", await _test.FollowAsync("code"));

        _test.HasFeed = true;
        _test.Advance(60 * Second);
        await _test.FollowAsync("code");
        Assert.Equal(2, Store.Reads);
    }

    [Fact]
    public async Task A_maximum_age_below_3_seconds_holds_while_the_change_feed_is_lost()
    {
        using var test = new TestCache(maxAge: 2 * Second) { HasFeed = false };
        test.Store.Put("code");
        await test.FollowAsync("code");
        test.Advance(2 * Second);
        Assert.True(test.Cache.Probe("", "code").IsFresh);
        test.Advance(Tick);
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
