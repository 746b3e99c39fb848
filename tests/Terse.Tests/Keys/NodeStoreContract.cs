using Terse.Harness;
using Terse.Keys;

namespace Terse.Tests.Keys;

/// <summary>What every store of node reservations does.</summary>
public abstract class NodeStoreContract : IAsyncLifetime
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(30);

    public abstract ValueTask InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    private protected abstract INodeStore Store { get; }

    /// <summary>The database's clock.</summary>
    private protected FakeTime Time { get; } = new(new DateTimeOffset(2026, 11, 22, 8, 0, 0, TimeSpan.Zero));

    protected abstract ValueTask CloseAsync();

    [Fact]
    public async Task Servers_at_once_hold_different_nodes_until_none_is_left()
    {
        var taking = Enumerable.Range(0, 5).Select(server => TakeAsync($"server {server}", nodeCount: 4));
        var taken = await Task.WhenAll(taking);

        Assert.Equal([0, 1, 2, 3], taken.OfType<NodeReservation>().Select(held => held.Node).Order());
        Assert.All(taken.OfType<NodeReservation>(), held => Assert.Equal(Time.Now + Length, held.Until));
    }

    [Fact]
    public async Task A_node_given_back_begins_where_it_was_left()
    {
        var first = await TakeAsync("first", 1);
        var usedUntil = Time.Now.AddSeconds(3);
        await Store.GiveBackAsync(first!, usedUntil, default);
        var second = await TakeAsync("second", 1);

        Assert.Equal(usedUntil, second!.From);
        Assert.Equal(usedUntil + Length, second.Until);
    }

    [Fact]
    public async Task A_node_whose_server_died_is_free_when_its_reservation_has_lapsed_and_begins_after_it()
    {
        var dead = await TakeAsync("dead", 1);
        Time.Now += Length - TimeSpan.FromMilliseconds(1);
        Assert.Null(await TakeAsync("early", 1));

        Time.Now += TimeSpan.FromMilliseconds(1);
        var next = await TakeAsync("next", 1);
        Assert.Equal(dead!.Until, next!.From);
        Assert.Null(await Store.ExtendAsync(dead, Time.Now, Length, default));
        await Store.GiveBackAsync(dead, Time.Now, default);
        Assert.NotNull(await Store.ExtendAsync(next, Time.Now, Length, default));
    }

    [Fact]
    public async Task An_extension_lasts_from_now_on_and_never_ends_earlier_than_before()
    {
        var held = await TakeAsync("server", 1);
        Time.Now += TimeSpan.FromSeconds(10);
        var longer = await Store.ExtendAsync(held!, Time.Now, Length, default);
        Time.Now -= TimeSpan.FromDays(1);
        var same = await Store.ExtendAsync(longer!, Time.Now, Length, default);
        var byOwnTime = await Store.ExtendAsync(same!, longer!.Until, Length, default);

        Assert.Equal(held!.Until.AddSeconds(10), longer!.Until);
        Assert.Equal(longer.Until, same!.Until);
        Assert.Equal(held.From, same.From);
        Assert.Equal(longer.Until + Length, byOwnTime!.Until);
        Assert.Null(await Store.ExtendAsync(held, Time.Now, Length, default));
    }

    [Fact]
    public async Task With_the_clock_set_back_a_day_a_node_begins_after_all_that_was_ever_given_away()
    {
        var before = await TakeAsync("before", 2);
        await Store.GiveBackAsync(before!, Time.Now.AddSeconds(1), default);
        Time.Now -= TimeSpan.FromDays(1);
        var after = await TakeAsync("after", 2);

        Assert.Equal((before!.Node, Time.Now.AddDays(1).AddSeconds(1)), (after!.Node, after.From));
        Assert.Equal(after.From + Length, after.Until);
    }

    private Task<NodeReservation?> TakeAsync(string owner, int nodeCount) =>
        Store.TakeAsync(owner, nodeCount, Length, default);
}
