using Terse.Links;
using Terse.Tests.Links;
using Terse.Visits;

namespace Terse.Tests.Redirects;

public sealed class BlockedLinksTests : IDisposable
{
    private const string Evil = "https://www.evil.example/";

    private readonly TestCache _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public async Task Cached_links_that_can_lead_to_a_blocked_host_leave_the_cache_and_the_others_stay()
    {
        Put("target", Evil, LinkSettings.None);
        Put("expired", "https://good.example/", LinkSettings.None with { ExpiredTarget = Evil });
        Put("ruled", "https://good.example/", LinkSettings.None with { Rules = [new("r", new(), Evil)] });
        Put("good", "https://good.example/", LinkSettings.None);
        await LoadAsync("target", "expired", "ruled", "good");
        Assert.Equal(4, _test.Cache.Count);

        Block();

        Assert.Equal(["good"], _test.Cache.FindHottest(10).Select(name => name.Code));
        foreach (var code in new[] { "target", "expired", "ruled" })
            Assert.Equal(RedirectOutcome.Blocked, (await _test.FindAsync(code))?.Outcome);
    }

    [Fact]
    public async Task A_removed_block_frees_the_links_at_once()
    {
        _test.Store.Put("code", Evil);
        Block();
        Assert.Equal(RedirectOutcome.Blocked, (await _test.FindAsync("code"))?.Outcome);

        _test.Blocks.SetStored(BlockTable.Empty);

        Assert.Equal(RedirectOutcome.Followed, (await _test.FindAsync("code"))?.Outcome);
        Assert.True(_test.IsCached("code"));
    }

    [Fact]
    public async Task A_load_that_began_before_a_block_neither_answers_nor_caches_an_unblocked_link()
    {
        _test.Store.Put("code", Evil);
        _test.Store.IsHolding = true;
        var request = _test.FindAsync("code");
        _test.Store.Held.Single().TakeSnapshot();

        Block();
        _test.Store.Held.Single().Complete();

        Assert.Equal(RedirectOutcome.Blocked, (await request)?.Outcome);
        Assert.False(_test.IsCached("code"));
    }

    [Fact]
    public async Task A_stale_link_is_not_served_from_the_cache_after_its_host_was_blocked()
    {
        _test.Store.Put("code", Evil);
        await LoadAsync("code");
        _test.Advance(TimeSpan.FromHours(2));
        Block();
        _test.Store.IsLost = true;

        await Assert.ThrowsAsync<Terse.Hosting.StoreUnavailableException>(() => _test.FindAsync("code"));
    }

    [Fact]
    public async Task A_load_waits_until_the_blocks_are_known_to_be_young()
    {
        _test.Store.Put("code", Evil);
        _test.BlockFreshness.OnConfirm = () =>
        {
            Block();
            return default;
        };

        Assert.Equal(RedirectOutcome.Blocked, (await _test.FindAsync("code"))?.Outcome);
    }

    [Fact]
    public async Task After_a_suspension_a_cached_link_is_confirmed_only_when_the_blocks_are_confirmed()
    {
        _test.Store.Put("code");
        await LoadAsync("code");
        _test.BlockFreshness.ConfirmedAt = _test.Time.GetTimestamp();
        _test.Store.IsHolding = true; // The link is loaded again in the background, which takes long.
        _test.Advance(ChangeDelay.InCache);
        Assert.True(_test.Cache.Probe("", "code").IsFresh);

        _test.Advance(TimeSpan.FromMilliseconds(1));

        Assert.False(_test.Cache.Probe("", "code").IsFresh);
    }

    /// <summary>
    /// Loads on several threads race with changes of the blocks. Whenever a block is published, no link to
    /// its host is in the cache until the block is removed.
    /// </summary>
    [Fact]
    public async Task No_load_puts_a_link_into_the_cache_after_its_host_was_blocked()
    {
        const int Codes = 64, Rounds = 400;
        for (var number = 0; number < Codes; number++)
            _test.Store.Put($"c{number}", Evil);
        var (cached, isDone) = (0, false);
        var loading = Enumerable.Range(0, 3).Select(first => Task.Run(async () =>
        {
            for (var number = first; !Volatile.Read(ref isDone); number++)
                await _test.FindAsync($"c{number % Codes}");
        })).ToList();

        for (var round = 0; round < Rounds; round++)
        {
            while (_test.Cache.Count == 0)
                await Task.Yield();
            cached += _test.Cache.Count;
            Block();
            for (var look = 0; look < 50; look++)
                Assert.Equal(0, _test.Cache.Count);
            _test.Blocks.SetStored(BlockTable.Empty);
        }

        Volatile.Write(ref isDone, true);
        await Task.WhenAll(loading);
        Assert.True(cached >= Rounds);
    }

    private void Block() => _test.Blocks.SetStored(TestBlocks.NewTable(".evil.example"));

    private void Put(string code, string target, LinkSettings settings) =>
        _test.Store.Links[code] = _test.Store.Put(code, target) with { Settings = settings };

    private async Task LoadAsync(params string[] codes)
    {
        foreach (var code in codes)
            Assert.Equal(RedirectOutcome.Followed, (await _test.FindAsync(code))?.Outcome);
    }
}
