using Terse.Harness;

namespace Terse.ProcessTests;

/// <summary>What redirects cost and what of their visits is lost, by the program's own figures.</summary>
public sealed class RedirectMetricTests(ITestOutputHelper output)
{
    private const int Clients = 8;
    private const int TimesEach = 2500;
    private const int Redirects = Clients * TimesEach;

    [Fact]
    public async Task Where_visits_have_no_room_redirects_go_on_and_the_figures_tell_how_many_were_lost()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder.Path, "--Visits:RingSlots", "64");
        await using var figures = await ProcessFigures.OfAsync(server);
        var code = (await server.CreateCodeAsync("https://example.com/"))!;

        Assert.Equal(Redirects, await Follower.FollowAsync(server, code, Clients, TimesEach));
        var told = await figures.WaitForAsync("terse.visits.waiting", 0);
        var link = await server.ReadAsync($"/api/v1/links/{code}");
        var counted = link.GetProperty("visits").GetProperty("total").GetInt64();
        output.WriteLine($"{Redirects} redirects, {counted} visits counted; {told}");

        Assert.Equal(Redirects, told["terse.redirects followed"]);
        Assert.Equal(Redirects, counted + told["terse.visits.lost"]);
        Assert.InRange(counted, 64, Redirects - 1);
        var all = await server.ReadAsync("/api/v1/visits");
        Assert.Equal(counted, all.GetProperty("visits").GetInt64());
    }

    [Fact]
    public async Task A_redirect_of_a_link_in_memory_asks_the_store_for_nothing()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder.Path);
        await using var figures = await ProcessFigures.OfAsync(server);
        await figures.WaitForAsync("terse.feed.connected", 1); // Until then nothing is kept for long.
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
