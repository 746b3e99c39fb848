using Terse.Codes;
using Terse.Harness;
using Terse.Hosting;
using Terse.Ids;

namespace Terse.Tests.Storage;

/// <summary>What every store of layouts and node reservations does.</summary>
public abstract class NodeStoreContract : IAsyncLifetime
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(30);
    private static readonly DesiredLayout Wish = CodeSetup.DesiredLayoutOf(new CodeOptions(), new IdOptions());

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
        await OpenAsync(nodeBits: 2);
        var taking = Enumerable.Range(0, 5).Select(server => TakeAsync($"server {server}"));
        var taken = await Task.WhenAll(taking);

        Assert.Equal([0, 1, 2, 3], taken.OfType<NodeReservation>().Select(held => held.Node).Order());
        Assert.All(taken.OfType<NodeReservation>(), held => Assert.Equal(Time.Now + Length, held.Until));
    }

    [Fact]
    public async Task A_node_given_back_begins_where_it_was_left()
    {
        await OpenAsync(nodeBits: 0);
        var first = await TakeAsync("first");
        var usedUntil = Time.Now.AddSeconds(3);
        await Store.GiveBackAsync(first!, usedUntil, default);
        var second = await TakeAsync("second");

        Assert.Equal(usedUntil, second!.From);
        Assert.Equal(usedUntil + Length, second.Until);
    }

    [Fact]
    public async Task A_node_whose_server_died_is_free_when_its_reservation_has_lapsed_and_begins_after_it()
    {
        await OpenAsync(nodeBits: 0);
        var dead = await TakeAsync("dead");
        Time.Now += Length - TimeSpan.FromMilliseconds(1);
        Assert.Null(await TakeAsync("early"));

        Time.Now += TimeSpan.FromMilliseconds(1);
        var next = await TakeAsync("next");
        Assert.Equal(dead!.Until, next!.From);
        Assert.Null(await Store.ExtendAsync(dead, Time.Now, Length, default));
        await Store.GiveBackAsync(dead, Time.Now, default);
        Assert.NotNull(await Store.ExtendAsync(next, Time.Now, Length, default));
    }

    [Fact]
    public async Task An_extension_lasts_from_now_on_and_never_ends_earlier_than_before()
    {
        await OpenAsync(nodeBits: 0);
        var held = await TakeAsync("server");
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
        await OpenAsync(nodeBits: 1);
        var before = await TakeAsync("before");
        await Store.GiveBackAsync(before!, Time.Now.AddSeconds(1), default);
        Time.Now -= TimeSpan.FromDays(1);
        var after = await TakeAsync("after");

        Assert.Equal((before!.Node, Time.Now.AddDays(1).AddSeconds(1)), (after!.Node, after.From));
        Assert.Equal(after.From + Length, after.Until);
    }

    [Fact]
    public async Task Opened_as_before_it_changes_nothing()
    {
        var before = await OpenAsync(nodeBits: 1);
        var held = await TakeAsync("server");
        Time.Now += TimeSpan.FromSeconds(20);
        var after = await OpenAsync(nodeBits: 1);

        Assert.Equal(before.Layouts, after.Layouts);
        Assert.Equal(before.Layouts, (await Store.ReadAsync(default)).Layouts);
        Assert.NotNull(await Store.ExtendAsync(held!, Time.Now, Length, default));
    }

    [Fact]
    public async Task The_epoch_is_the_midnight_before_the_first_start()
    {
        var midnight = new DateTimeOffset(Time.Now.UtcDateTime.Date, TimeSpan.Zero);
        await OpenAsync(nodeBits: 5);
        Time.Now += TimeSpan.FromDays(400);
        var layout = (await OpenAsync(nodeBits: 5)).Current;

        Assert.Equal((midnight, midnight, 1), (layout.Ids.Epoch, layout.Since, layout.Number));
    }

    [Fact]
    public async Task Another_layout_begins_after_all_reservations_and_ends_them()
    {
        await OpenAsync(nodeBits: 1);
        var old = await TakeAsync("old");
        Time.Now -= TimeSpan.FromMinutes(1);
        var record = await OpenAsync(nodeBits: 2);
        var taken = new List<NodeReservation?>();
        for (var server = 0; server < 5; server++)
            taken.Add(await TakeAsync("new"));

        Assert.Equal((2, old!.Until), (record.Layouts.Count, record.Current.Since));
        Assert.Null(await Store.ExtendAsync(old, Time.Now, Length, default));
        Assert.Null(taken[^1]);
        Assert.All(taken[..4], held => Assert.Equal((old.Until, record.Current), (held!.From, held.Layout)));
    }

    [Fact]
    public async Task A_secret_is_kept_from_its_first_opaque_code_on_and_no_other_is_taken()
    {
        await Store.OpenAsync(Wish with { SecretCheck = "first" }, default);
        Assert.Null((await Store.ReadAsync(default)).SecretCheck);
        var opaque = await Store.OpenAsync(Wish with { Opaque = true, SecretCheck = "second" }, default);
        var plain = await Store.OpenAsync(Wish with { SecretCheck = "second" }, default);

        Assert.Equal(("second", "second"), (opaque.SecretCheck, plain.SecretCheck));
        await Assert.ThrowsAsync<StartupException>(() =>
            Store.OpenAsync(Wish with { Opaque = true, SecretCheck = "third" }, default));
        await Assert.ThrowsAsync<StartupException>(() => Store.OpenAsync(Wish, default));
        Assert.Equal(plain.Layouts, (await Store.ReadAsync(default)).Layouts);
    }

    [Fact]
    public async Task A_node_held_when_the_clock_was_set_back_a_day_is_taken_where_no_other_is_left()
    {
        await OpenAsync(nodeBits: 0);
        var dead = await TakeAsync("dead");
        Time.Now -= TimeSpan.FromDays(1);
        var next = await TakeAsync("next");

        Assert.Equal(dead!.Until, next!.From);
        Assert.Null(await Store.ExtendAsync(dead, Time.Now, Length, default));
    }

    [Fact]
    public async Task A_server_takes_no_node_of_a_layout_that_it_cannot_make_codes_by()
    {
        await Store.OpenAsync(Wish with { Opaque = true, SecretCheck = "theirs", NodeBits = 11 }, default);
        foreach (var wish in new[] { Wish, Wish with { SecretCheck = "ours" } })
            await AssertNotServedAsync(wish, "Codes:Secret");
        var foreign = Wish with { SecretCheck = "theirs", Foreign = TsidLayout.Canonical };
        await AssertNotServedAsync(foreign, "Ids:NodeBits");
        await Store.OpenAsync(foreign, default);
        Assert.NotNull(await Store.TakeAsync("server", foreign, Length, default));
        Time.Now = TsidLayout.Canonical.Epoch.AddDays(-1);
        await AssertNotServedAsync(foreign, "The clock says");
    }

    private async Task AssertNotServedAsync(DesiredLayout wish, string hint)
    {
        var failure = await Assert.ThrowsAsync<StoreUnavailableException>(() =>
            Store.TakeAsync("server", wish, Length, default));
        Assert.Contains(hint, failure.Message, StringComparison.Ordinal);
    }

    private Task<StoredLayouts> OpenAsync(int nodeBits) =>
        Store.OpenAsync(Wish with { NodeBits = nodeBits }, default);

    private Task<NodeReservation?> TakeAsync(string owner) => Store.TakeAsync(owner, Wish, Length, default);
}
