using Terse.Hosting;
using Terse.Visits;

namespace Terse.Tests.Redirects;

public sealed class LinkCacheTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly TestCache _test = new(
        isBlocked: target => target.Contains("evil", StringComparison.Ordinal));

    private FakeLinkStore Store => _test.Store;

    [Fact]
    public async Task A_link_is_looked_up_once_and_then_costs_the_store_nothing()
    {
        Store.Put("code");
        for (var time = 0; time < 100; time++)
            Assert.Equal("https://example.com/", await _test.FollowAsync("code"));

        Assert.Equal(1, Store.Lookups);
        Assert.Equal((99, 1), (_test.Figure("terse.cache.hits"), _test.Figure("terse.cache.misses")));
        Assert.Equal(1, _test.Figure("terse.cache.entries"));
    }

    [Fact]
    public async Task That_there_is_none_is_asked_every_time()
    {
        Assert.Null(await _test.FindAsync("code"));
        Store.Put("code");
        Assert.NotNull(await _test.FindAsync("code"));
    }

    [Fact]
    public async Task Links_that_have_to_be_looked_at_each_time_are_not_kept()
    {
        Store.Links["deleted"] = Store.Put("deleted") with { DeletedAt = _test.Time.GetUtcNow() };
        Store.Links["expired"] = Store.Put("expired") with { ExpiresAt = _test.Time.GetUtcNow() };
        Store.Links["limited"] = Store.Put("limited") with { MaxVisits = 3 };
        Store.Put("blocked", "https://evil.example/");

        Assert.Equal(RedirectOutcome.Deleted, await AnswerAsync("deleted"));
        Assert.Equal(RedirectOutcome.Expired, await AnswerAsync("expired"));
        Assert.Equal(RedirectOutcome.Followed, await AnswerAsync("limited"));
        Assert.Equal(RedirectOutcome.Blocked, await AnswerAsync("blocked"));
        Assert.Equal(0, _test.Cache.Entries);
    }

    [Fact]
    public async Task A_link_that_expires_in_the_cache_has_expired()
    {
        Store.Links["code"] = Store.Put("code") with { ExpiresAt = _test.Time.GetUtcNow() + Second };
        Assert.Equal(RedirectOutcome.Followed, await AnswerAsync("code"));
        _test.Time.Advance(Second);
        Assert.Equal(RedirectOutcome.Expired, await AnswerAsync("code"));
        Assert.Equal(1, Store.Lookups);
    }

    [Fact]
    public async Task Those_who_ask_for_one_code_at_a_time_share_a_lookup()
    {
        Store.Put("code");
        Store.IsHolding = true;
        var waiting = Enumerable.Range(0, 50).Select(_ => _test.FindAsync("code")).ToList();
        Store.Held.Single().Answer();

        Assert.All(await Task.WhenAll(waiting), Assert.NotNull);
        Assert.Equal(1, Store.Lookups);
    }

    /// <summary>
    /// The link may have been created, and acknowledged, after the first lookup read.
    /// </summary>
    [Fact]
    public async Task That_there_is_none_holds_only_for_those_who_came_before_it_was_asked()
    {
        Store.IsHolding = true;
        var first = _test.FindAsync("code");
        Store.Held.Single().Read();
        Store.Put("code");
        var later = Enumerable.Range(0, 5).Select(_ => _test.FindAsync("code")).ToList();
        Store.Held.Single().Answer();
        Store.Held.Single().Answer();

        Assert.Null(await first);
        Assert.All(await Task.WhenAll(later), Assert.NotNull);
        Assert.Equal(2, Store.Lookups);
    }

    [Fact]
    public async Task What_was_read_before_a_change_is_not_kept_after_it()
    {
        Store.Put("code", "https://old.example/");
        Store.IsHolding = true;
        var before = _test.FollowAsync("code");
        Store.Held.Single().Read();
        Store.Put("code", "https://new.example/");
        _test.Cache.OnChanged(new("", "code"));
        var after = _test.FollowAsync("code");
        Store.Held[0].Answer();
        Assert.Equal("https://old.example/", await before);
        Store.Held[0].Answer();

        Assert.Equal("https://new.example/", await after);
        Assert.Equal("https://new.example/", await _test.FollowAsync("code"));
        Assert.Equal(2, Store.Lookups);
    }

    [Fact]
    public async Task When_all_may_have_changed_nothing_is_kept()
    {
        Store.Put("code", "https://old.example/");
        await _test.FollowAsync("code");
        Store.Put("code", "https://new.example/");
        _test.Cache.OnAllChanged();

        Assert.Equal((0, 0), (_test.Cache.Entries, _test.Cache.Bytes));
        Assert.Equal("https://new.example/", await _test.FollowAsync("code"));
    }

    [Fact]
    public async Task A_link_is_looked_up_again_when_it_is_too_old_however_often_it_is_followed()
    {
        Store.Put("code");
        await FollowForAsync(minutes: 61);
        Assert.Equal(2, Store.Lookups);
    }

    [Fact]
    public async Task While_changes_may_go_unheard_a_link_is_kept_for_5_seconds()
    {
        Store.Put("code", "https://old.example/");
        await _test.FollowAsync("code");
        Store.Put("code", "https://new.example/");
        _test.Cache.OnDisconnected();
        _test.Time.Advance(5 * Second);
        Assert.Equal("https://old.example/", await _test.FollowAsync("code"));
        _test.Time.Advance(Second);
        Assert.Equal("https://new.example/", await _test.FollowAsync("code"));

        _test.Cache.OnConnected();
        _test.Time.Advance(60 * Second);
        await _test.FollowAsync("code");
        Assert.Equal(2, Store.Lookups);
    }

    [Fact]
    public async Task While_the_store_is_lost_links_are_served_however_old_and_it_is_asked_once_a_second()
    {
        var codes = Enumerable.Range(0, 10).Select(number => $"code{number}").ToList();
        foreach (var code in codes)
            Store.Put(code);
        await FollowAllAsync(codes);
        _test.Cache.OnDisconnected();
        _test.Time.Advance(10 * Second);
        (Store.IsLost, var before) = (true, Store.Lookups);
        for (var tenth = 0; tenth < 100; tenth++)
        {
            await FollowAllAsync(codes);
            _test.Time.Advance(Second / 10);
        }

        Assert.InRange(Store.Lookups - before, 8, 11);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => _test.FindAsync("unknown"));

        Store.IsLost = false;
        foreach (var code in codes)
            Store.Put(code, "https://new.example/");
        _test.Time.Advance(Second);
        foreach (var code in codes)
            Assert.Equal("https://new.example/", await _test.FollowAsync(code));
    }

    [Fact]
    public async Task While_one_asks_whether_the_store_is_back_nobody_else_waits()
    {
        Store.Put("code");
        Store.Put("other");
        await FollowAllAsync(["code", "other"]);
        _test.Cache.OnDisconnected();
        _test.Time.Advance(10 * Second);
        Store.IsLost = true;
        await _test.FollowAsync("code");
        (Store.IsLost, Store.IsHolding) = (false, true);
        _test.Time.Advance(2 * Second);
        var asker = _test.FollowAsync("code");

        Assert.True(_test.FollowAsync("code").IsCompleted);
        Assert.True(_test.FollowAsync("other").IsCompleted);
        Assert.False(asker.IsCompleted);
        Store.Held.Single().Fail();
        Assert.NotNull(await asker);
    }

    [Fact]
    public async Task A_link_that_was_changed_is_not_served_from_memory_when_the_store_is_lost()
    {
        Store.Put("code");
        await _test.FollowAsync("code");
        _test.Cache.OnChanged(new("", "code"));
        Store.IsLost = true;

        await Assert.ThrowsAsync<StoreUnavailableException>(() => _test.FindAsync("code"));
    }

    [Fact]
    public async Task Whoever_leaves_takes_no_lookup_with_him()
    {
        Store.Put("code");
        Store.IsHolding = true;
        using var leaving = new CancellationTokenSource();
        var leaver = _test.Cache.FindAsync(new("", "code"), leaving.Token).AsTask();
        var stayer = _test.FindAsync("code");
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaver);
        Store.Held.Single().Answer();

        Assert.NotNull(await stayer);
    }

    [Fact]
    public async Task A_code_has_another_link_in_another_domain()
    {
        Store.Put("code");
        await _test.FollowAsync("code");

        Assert.True(_test.Cache.TryGet("", "xcode".AsSpan(1), out _));
        Assert.False(_test.Cache.TryGet("go.example.com", "code", out _));
        Assert.False(_test.Cache.TryGet("", "Code", out _));
    }

    public void Dispose() => _test.Dispose();

    private async Task<RedirectOutcome> AnswerAsync(string code) =>
        (await _test.FindAsync(code))!.AnswerAt(_test.Time.GetUtcNow());

    private async Task FollowAllAsync(IEnumerable<string> codes)
    {
        foreach (var code in codes)
            Assert.NotNull(await _test.FollowAsync(code));
    }

    private async Task FollowForAsync(int minutes)
    {
        for (var minute = 0; minute <= minutes; minute++)
        {
            Assert.NotNull(await _test.FollowAsync("code"));
            _test.Time.Advance(TimeSpan.FromMinutes(1));
        }
    }
}
