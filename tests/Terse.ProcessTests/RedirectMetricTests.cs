using Terse.Harness;

namespace Terse.ProcessTests;

/// <summary>Tests of the server's metrics for cache hits and for lost visits.</summary>
public sealed class RedirectMetricTests(ITestOutputHelper output)
{
    private const int Clients = 8;
    private const int TimesEach = 2500;
    private const int Redirects = Clients * TimesEach;

    [Fact]
    public async Task When_the_ring_of_visits_is_full_redirects_continue_and_a_metric_counts_the_lost_visits()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder.Path, "--Visits:RingSlots", "64");
        await using var figures = await ProcessFigures.OfAsync(server);
        var code = (await server.CreateCodeAsync("https://example.com/"))!;

        Assert.Equal(Redirects, await Follower.FollowAsync(server, code, Clients, TimesEach));
        var values = await figures.WaitForAsync("terse.visits.waiting", 0);
        var link = await server.ReadAsync($"/api/v1/links/{code}");
        var counted = link.GetProperty("visits").GetProperty("total").GetInt64();
        output.WriteLine($"{Redirects} redirects, {counted} visits counted; {values}");

        Assert.Equal(Redirects, values["terse.redirects followed"]);
        Assert.Equal(Redirects, counted + values["terse.visits.lost"]);
        Assert.InRange(counted, 64, Redirects - 1);
        var all = await server.ReadAsync("/api/v1/visits");
        Assert.Equal(counted, all.GetProperty("visits").GetInt64());
    }

    [Fact]
    public async Task A_redirect_of_a_cached_link_does_not_read_the_store()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder.Path);
        await using var figures = await ProcessFigures.OfAsync(server);

        // While the change feed is not connected, the cache keeps links for a short time only.
        await figures.WaitForAsync("terse.feed.connected", 1);
        var code = (await server.CreateCodeAsync("https://example.com/"))!;
        Assert.Equal(1, await Follower.FollowAsync(server, code, clients: 1, timesEach: 1));
        var before = await figures.ReadAsync();

        Assert.Equal(Redirects, await Follower.FollowAsync(server, code, Clients, TimesEach));
        var after = await figures.ReadAsync();
        output.WriteLine($"Before: {before}. After: {after}");

        Assert.Equal((1, 0), (before["terse.cache.misses"], before["terse.cache.hits"]));
        Assert.Equal((1, Redirects), (after["terse.cache.misses"], after["terse.cache.hits"]));
        Assert.Equal(1 + Redirects, after["terse.redirects followed"]);
    }
}
