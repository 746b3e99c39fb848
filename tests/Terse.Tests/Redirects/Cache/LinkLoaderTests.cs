using Terse.Hosting;
using Terse.Visits;

namespace Terse.Tests.Redirects;

public sealed class LinkLoaderTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly TestCache _test = new(blocked: "evil.example");

    private FakeLinkStore Store => _test.Store;

    [Fact]
    public async Task A_null_result_is_not_cached()
    {
        Assert.Null(await _test.FindAsync("code"));
        Store.Put("code");
        Assert.NotNull(await _test.FindAsync("code"));
    }

    [Fact]
    public async Task A_link_that_needs_a_decision_at_each_visit_is_not_cached()
    {
        Store.Links["deleted"] = Store.Put("deleted") with { DeletedAt = _test.Time.GetUtcNow() };
        Store.Links["expired"] = Store.Put("expired") with { ExpiresAt = _test.Time.GetUtcNow() };
        Store.Links["limited"] = Store.Put("limited") with { MaxVisits = 3 };
        Store.Put("blocked", "https://evil.example/");

        Assert.Equal(RedirectOutcome.Deleted, await OutcomeAsync("deleted"));
        Assert.Equal(RedirectOutcome.Expired, await OutcomeAsync("expired"));
        Assert.Equal(RedirectOutcome.Followed, await OutcomeAsync("limited"));
        Assert.Equal(RedirectOutcome.Blocked, await OutcomeAsync("blocked"));
        Assert.Equal(0, _test.Cache.Count);
    }

    [Fact]
    public async Task A_stale_link_that_was_deleted_meanwhile_leaves_the_cache()
    {
        await CacheAsync("code");
        Store.Links["code"] = Store.Links["code"] with { DeletedAt = _test.Time.GetUtcNow() };
        _test.Advance(2 * TimeSpan.FromHours(1));

        Assert.Equal(RedirectOutcome.Deleted, await OutcomeAsync("code"));
        Assert.Equal(0, _test.Cache.Count);
    }

    [Fact]
    public async Task Requests_for_the_same_link_at_the_same_time_share_one_load()
    {
        Store.Put("code");
        Store.IsHolding = true;
        var requests = Enumerable.Range(0, 50).Select(_ => _test.FindAsync("code")).ToList();
        Store.Held.Single().Complete();

        Assert.All(await Task.WhenAll(requests), Assert.NotNull);
        Assert.Equal(1, Store.Reads);
        Assert.Equal((0, 50), _test.HitsAndMisses());
    }

    [Fact]
    public async Task A_load_of_a_link_in_another_domain_is_not_shared()
    {
        Store.Put("code");
        Store.IsHolding = true;
        var first = _test.FindAsync("code");
        var second = _test.Loader.FindAsync(new("go.example.com", "code"), default, default).AsTask();
        Assert.Equal(2, Store.Held.Count);
        Store.Held[1].Complete();
        Store.Held[0].Complete();

        Assert.Equal(("", "go.example.com"), ((await first)!.Domain, (await second)!.Domain));
    }

    /// <summary>
    /// The link may have been created, and its creation confirmed to the client, after the running load read
    /// the store. So a request that joins this load must not trust a null result.
    /// </summary>
    [Fact]
    public async Task A_request_that_joins_a_running_load_and_gets_null_loads_once_more()
    {
        Store.IsHolding = true;
        var first = _test.FindAsync("code");
        Store.Held.Single().TakeSnapshot();
        Store.Put("code");
        var later = Enumerable.Range(0, 5).Select(_ => _test.FindAsync("code")).ToList();
        Store.Held.Single().Complete();
        Store.Held.Single().Complete();

        Assert.Null(await first);
        Assert.All(await Task.WhenAll(later), Assert.NotNull);
        Assert.Equal(2, Store.Reads);
    }

    [Theory]
    [InlineData(50_000_000, 1)]
    [InlineData(50_000_001, 2)]
    public async Task A_request_joins_a_running_load_that_began_at_most_5_seconds_ago(long ticks, int reads)
    {
        Store.IsHolding = true;
        _ = _test.FindAsync("code");
        _test.Advance(TimeSpan.FromTicks(ticks));
        _ = _test.FindAsync("code");

        Assert.Equal(reads, Store.Reads);
    }

    [Fact]
    public async Task The_result_of_a_load_that_a_later_load_replaced_is_not_cached()
    {
        Store.Put("code", "https://old.example/");
        Store.IsHolding = true;
        var first = _test.FollowAsync("code");
        Store.Held.Single().TakeSnapshot();
        _test.Advance(6 * Second);
        Store.Put("code", "https://new.example/");
        var second = _test.FollowAsync("code");
        Store.Held[1].Complete();
        Store.Held[0].Complete();

        Assert.Equal(("https://old.example/", "https://new.example/"), (await first, await second));
        Assert.Equal("https://new.example/", await _test.FollowAsync("code"));
        Assert.Equal(2, Store.Reads);
    }

    [Fact]
    public async Task A_result_that_was_read_before_a_change_is_not_cached_after_it()
    {
        Store.Put("code", "https://old.example/");
        Store.IsHolding = true;
        var before = _test.FollowAsync("code");
        Store.Held.Single().TakeSnapshot();
        Store.Put("code", "https://new.example/");
        _test.Cache.OnChanged(new("", "code"));
        var after = _test.FollowAsync("code");
        Store.Held[0].Complete();
        Assert.Equal("https://old.example/", await before);
        Store.Held[0].Complete();

        Assert.Equal("https://new.example/", await after);
        Assert.Equal("https://new.example/", await _test.FollowAsync("code"));
        Assert.Equal(2, Store.Reads);
    }

    [Fact]
    public async Task A_result_that_was_read_before_a_change_of_all_links_is_not_cached_after_it()
    {
        Store.Put("code");
        Store.IsHolding = true;
        var before = _test.FollowAsync("code");
        _test.Cache.OnAllChanged();
        var after = _test.FollowAsync("code");
        Assert.Equal(2, Store.Held.Count);
        Store.Held[0].Complete();

        Assert.NotNull(await before);
        Assert.Equal(0, _test.Cache.Count);
        Store.Held[0].Complete();
        Assert.NotNull(await after);
        Assert.Equal(1, _test.Cache.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_end_of_a_detached_load_leaves_the_load_that_runs_now_open_to_join(bool fails)
    {
        Store.IsHolding = true;
        _ = _test.FindAsync("code");
        _test.Cache.OnChanged(new("", "code"));
        _ = _test.FindAsync("code");
        if (fails)
            Store.Held[0].Fail();
        else
            Store.Held[0].Complete();
        _ = _test.FindAsync("code");

        Assert.Equal(2, Store.Reads);
    }

    [Fact]
    public async Task A_request_after_a_failed_load_starts_a_new_load()
    {
        Store.Put("code");
        Store.IsHolding = true;
        var failed = _test.FindAsync("code");
        Store.Held.Single().Fail();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => failed);

        var second = _test.FindAsync("code");
        Store.Held.Single().Complete();
        Assert.NotNull(await second);
    }

    [Fact]
    public async Task A_request_that_is_cancelled_leaves_the_load_to_the_other_requests()
    {
        Store.Put("code");
        Store.IsHolding = true;
        using var leaving = new CancellationTokenSource();
        var cancelled = _test.FindAsync("code", leaving.Token);
        var other = _test.FindAsync("code");
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Store.Held.Single().Complete();

        Assert.NotNull(await other);
    }

    [Fact]
    public async Task While_the_store_is_lost_stale_links_are_served_and_the_store_is_tried_once_a_second()
    {
        var codes = Enumerable.Range(0, 10).Select(number => $"code{number}").ToList();
        foreach (var code in codes)
            await CacheAsync(code);
        _test.HasFeed = false;
        _test.Advance(10 * Second);
        (Store.IsLost, var before) = (true, Store.Reads);
        for (var tenth = 0; tenth < 100; tenth++)
        {
            await FollowAllAsync(codes);
            _test.Advance(Second / 10);
        }

        Assert.InRange(Store.Reads - before, 8, 11);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => _test.FindAsync("unknown"));

        Store.IsLost = false;
        foreach (var code in codes)
            Store.Put(code, "https://new.example/");
        _test.Advance(Second);
        foreach (var code in codes)
            Assert.Equal("https://new.example/", await _test.FollowAsync(code));
    }

    [Fact]
    public async Task While_one_request_tries_the_lost_store_no_other_request_waits()
    {
        await CacheAsync("code");
        await CacheAsync("other");
        _test.HasFeed = false;
        _test.Advance(10 * Second);
        Store.IsLost = true;
        await _test.FollowAsync("code");
        (Store.IsLost, Store.IsHolding) = (false, true);
        _test.Advance(2 * Second);
        var trial = _test.FollowAsync("code");

        Assert.True(_test.FollowAsync("code").IsCompleted);
        Assert.True(_test.FollowAsync("other").IsCompleted);
        Assert.False(trial.IsCompleted);
        Store.Held.Single().Fail();
        Assert.NotNull(await trial);
    }

    [Fact]
    public async Task A_stale_link_that_is_served_while_another_request_makes_the_trial_counts_as_a_hit()
    {
        await CacheAsync("code");
        _test.Advance(TimeSpan.FromHours(2));
        var stale = _test.Cache.Probe("", "code");
        Store.IsLost = true;
        Assert.Same(stale.Link, await _test.FindAsync("code"));
        Assert.Equal((0, 2), _test.HitsAndMisses());

        Assert.Same(stale.Link, await _test.Loader.FindAsync(new("", "code"), stale, default));
        Assert.Equal((1, 2), _test.HitsAndMisses());
        Assert.Equal(2, Store.Reads);
    }

    [Fact]
    public async Task A_link_that_was_changed_is_not_served_from_memory_when_the_store_is_lost()
    {
        await CacheAsync("code");
        _test.Cache.OnChanged(new("", "code"));
        Store.IsLost = true;

        await Assert.ThrowsAsync<StoreUnavailableException>(() => _test.FindAsync("code"));
    }

    [Fact]
    public async Task A_link_that_changes_during_a_load_that_fails_is_not_served()
    {
        await CacheAsync("code");
        _test.Advance(TimeSpan.FromHours(2));
        Store.IsHolding = true;
        var request = _test.FindAsync("code");
        _test.Cache.OnChanged(new("", "code"));
        Store.Held.Single().Fail();

        await Assert.ThrowsAsync<StoreUnavailableException>(() => request);
    }

    [Fact]
    public async Task The_loss_of_the_store_during_a_load_of_an_uncached_link_opens_no_circuit()
    {
        await CacheAsync("code");
        Store.IsLost = true;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => _test.FindAsync("unknown"));
        _test.Advance(TimeSpan.FromHours(2));

        Assert.False(_test.Cache.Probe("", "code").IsFresh);
        await _test.FindAsync("code");
        Assert.True(_test.Cache.Probe("", "code").IsFresh);
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(6, false)]
    public async Task A_load_that_a_suspension_of_the_server_cut_off_opens_no_circuit(
        int seconds, bool opensCircuit)
    {
        await CacheAsync("code");
        _test.Advance(TimeSpan.FromHours(2));
        Store.IsHolding = true;
        var request = _test.FindAsync("code");
        _test.Advance(TimeSpan.FromSeconds(seconds));
        Store.Held.Single().Fail();
        await request;

        Assert.Equal(opensCircuit, _test.Cache.Probe("", "code").IsFresh);
    }

    /// <summary>
    /// While the store can be reached, another server may have changed the link. While the feed is connected,
    /// the cache would have been notified of this change.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_overloaded_store_leads_to_a_stale_link_only_while_the_feed_is_connected(
        bool isConnected)
    {
        await CacheAsync("code");
        if (!isConnected)
            _test.HasFeed = false;
        _test.Advance(TimeSpan.FromHours(2));
        Store.IsHolding = true;
        var request = _test.FindAsync("code");
        Store.Held.Single().Fail(new StoreUnavailableException("Busy.") { IsOverload = true });

        var failure = await Record.ExceptionAsync(() => request);
        Assert.Equal(isConnected, failure is null);
        Assert.False(_test.Cache.Probe("", "code").IsFresh);
    }

    [Fact]
    public async Task A_bug_in_the_store_reaches_the_caller_and_opens_no_circuit()
    {
        await CacheAsync("code");
        _test.Advance(TimeSpan.FromHours(2));
        Store.IsHolding = true;
        var request = _test.FindAsync("code");
        Store.Held.Single().Fail(new FormatException());

        await Assert.ThrowsAsync<FormatException>(() => request);
        Assert.False(_test.Cache.Probe("", "code").IsFresh);
    }

    public void Dispose() => _test.Dispose();

    private async Task<RedirectOutcome> OutcomeAsync(string code) =>
        (await _test.FindAsync(code))!.OutcomeAt(_test.Time.GetUtcNow());

    private async Task CacheAsync(string code)
    {
        Store.Put(code);
        Assert.NotNull(await _test.FindAsync(code));
    }

    private async Task FollowAllAsync(IEnumerable<string> codes)
    {
        foreach (var code in codes)
            Assert.NotNull(await _test.FollowAsync(code));
    }
}
