using Terse.Codes;
using Terse.Harness;
using Terse.Hosting;
using Terse.Ids;

namespace Terse.TestSupport;

/// <summary>
/// The tests that every store of id layouts and node reservations must pass. The SQLite store and the
/// PostgreSQL store each have a subclass.
/// </summary>
public abstract class NodeStoreContract : IAsyncLifetime
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(30);
    private const string Owner = "server";
    private static readonly DesiredLayout Desired =
        CodeSetup.DesiredLayoutOf(new CodeOptions(), new IdOptions());

    public abstract ValueTask InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    private protected abstract INodeStore Store { get; }

    /// <summary>The clock that the store uses in place of the database's clock.</summary>
    private protected FakeTime Time { get; } = new(new DateTimeOffset(2026, 11, 22, 8, 0, 0, TimeSpan.Zero));

    protected abstract ValueTask CloseAsync();

    [Fact]
    public async Task Concurrent_servers_reserve_different_nodes_until_all_are_reserved()
    {
        await EnsureLayoutAsync(nodeBits: 2);
        var reserving = Enumerable.Range(0, 5).Select(server => ReserveAsync($"server {server}"));
        var reserved = await Task.WhenAll(reserving);

        Assert.Equal([0, 1, 2, 3], reserved.OfType<NodeReservation>().Select(held => held.Node).Order());
        Assert.All(reserved.OfType<NodeReservation>(), held => Assert.Equal(Time.Now + Length, held.Until));
    }

    [Fact]
    public async Task The_reservation_of_a_released_node_begins_where_its_last_owner_stopped()
    {
        await EnsureLayoutAsync(nodeBits: 0);
        var first = await ReserveAsync("first");
        var usedUntil = Time.Now.AddSeconds(3);
        await Store.ReleaseAsync(first!, usedUntil, default);
        var second = await ReserveAsync("second");

        Assert.Equal(usedUntil, second!.From);
        Assert.Equal(usedUntil + Length, second.Until);
    }

    [Fact]
    public async Task The_node_of_a_dead_server_is_free_after_its_reservation_ended_and_begins_there()
    {
        await EnsureLayoutAsync(nodeBits: 0);
        var dead = await ReserveAsync("dead");
        Time.Now += Length - TimeSpan.FromMilliseconds(1);
        Assert.Null(await ReserveAsync("early"));

        Time.Now += TimeSpan.FromMilliseconds(1);
        var next = await ReserveAsync("next");
        Assert.Equal(dead!.Until, next!.From);
        Assert.Null(await Store.ExtendAsync(dead, Time.Now, Length, default));
        await Store.ReleaseAsync(dead, Time.Now, default);
        Assert.NotNull(await Store.ExtendAsync(next, Time.Now, Length, default));
    }

    [Fact]
    public async Task An_extension_counts_from_now_and_never_ends_earlier_than_before()
    {
        await EnsureLayoutAsync(nodeBits: 0);
        var held = await ReserveAsync("server");
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
    public async Task With_the_clock_set_back_a_day_a_reservation_begins_after_all_earlier_reservations()
    {
        await EnsureLayoutAsync(nodeBits: 1);
        var before = await ReserveAsync("before");
        await Store.ReleaseAsync(before!, Time.Now.AddSeconds(1), default);
        Time.Now -= TimeSpan.FromDays(1);
        var after = await ReserveAsync("after");

        Assert.Equal((before!.Node, Time.Now.AddDays(1).AddSeconds(1)), (after!.Node, after.From));
        Assert.Equal(after.From + Length, after.Until);
    }

    [Fact]
    public async Task Ensuring_the_same_layout_again_changes_nothing()
    {
        var before = await EnsureLayoutAsync(nodeBits: 1);
        var held = await ReserveAsync("server");
        Time.Now += TimeSpan.FromSeconds(20);
        var after = await EnsureLayoutAsync(nodeBits: 1);

        Assert.Equal(before.Layouts, after.Layouts);
        Assert.Equal(before.Layouts, (await Store.ReadLayoutsAsync(default)).Layouts);
        Assert.NotNull(await Store.ExtendAsync(held!, Time.Now, Length, default));
    }

    [Fact]
    public async Task The_epoch_is_the_last_midnight_before_the_first_start()
    {
        var midnight = new DateTimeOffset(Time.Now.UtcDateTime.Date, TimeSpan.Zero);
        await EnsureLayoutAsync(nodeBits: 5);
        Time.Now += TimeSpan.FromDays(400);
        var layout = (await EnsureLayoutAsync(nodeBits: 5)).Current;

        Assert.Equal((midnight, midnight, 1), (layout.Ids.Epoch, layout.Since, layout.Number));
    }

    [Fact]
    public async Task A_new_layout_begins_after_all_reservations_and_ends_them()
    {
        await EnsureLayoutAsync(nodeBits: 1);
        var old = await ReserveAsync("old");
        Time.Now -= TimeSpan.FromMinutes(1);
        var stored = await EnsureLayoutAsync(nodeBits: 2);
        var reserved = new List<NodeReservation?>();
        for (var server = 0; server < 5; server++)
            reserved.Add(await ReserveAsync("new"));

        Assert.Equal((2, old!.Until), (stored.Layouts.Count, stored.Current.Since));
        Assert.Null(await Store.ExtendAsync(old, Time.Now, Length, default));
        Assert.Null(reserved[^1]);
        Assert.All(
            reserved[..4], held => Assert.Equal((old.Until, stored.Current), (held!.From, held.Layout)));
    }

    [Fact]
    public async Task The_secret_of_the_first_opaque_code_is_stored_and_another_secret_is_refused()
    {
        await Store.EnsureLayoutAsync(Owner, Desired with { SecretCheck = "first" }, default);
        Assert.Null((await Store.ReadLayoutsAsync(default)).SecretCheck);
        var opaque = await Store.EnsureLayoutAsync(
            Owner, Desired with { Opaque = true, SecretCheck = "second" }, default);
        var plain = await Store.EnsureLayoutAsync(Owner, Desired with { SecretCheck = "second" }, default);

        Assert.Equal(("second", "second"), (opaque.SecretCheck, plain.SecretCheck));
        await Assert.ThrowsAsync<StartupException>(() =>
            Store.EnsureLayoutAsync(Owner, Desired with { Opaque = true, SecretCheck = "third" }, default));
        await Assert.ThrowsAsync<StartupException>(() => Store.EnsureLayoutAsync(Owner, Desired, default));
        Assert.Equal(plain.Layouts, (await Store.ReadLayoutsAsync(default)).Layouts);
    }

    [Fact]
    public async Task After_the_clock_was_set_back_a_day_a_reserved_node_is_taken_when_all_are_reserved()
    {
        await EnsureLayoutAsync(nodeBits: 0);
        var dead = await ReserveAsync("dead");
        Time.Now -= TimeSpan.FromDays(1);
        var next = await ReserveAsync("next");

        Assert.Equal(dead!.Until, next!.From);
        Assert.Null(await Store.ExtendAsync(dead, Time.Now, Length, default));
    }

    [Fact]
    public async Task A_server_whose_settings_do_not_fit_the_layout_gets_no_node()
    {
        await Store.EnsureLayoutAsync(
            Owner, Desired with { Opaque = true, SecretCheck = "theirs", NodeBits = 11 }, default);
        foreach (var desired in new[] { Desired, Desired with { SecretCheck = "ours" } })
            await AssertRefusedAsync(desired, "Codes:Secret");
        var foreign = Desired with { SecretCheck = "theirs", Foreign = TsidLayout.Canonical };
        await AssertRefusedAsync(foreign, "Ids:NodeBits");
        await Store.EnsureLayoutAsync(Owner, foreign, default);
        Assert.NotNull(await Store.ReserveAsync("server", foreign, Length, default));
        Time.Now = TsidLayout.Canonical.Epoch.AddDays(-1);
        await AssertRefusedAsync(foreign, "The clock shows");
    }

    [Fact]
    public async Task Settings_that_leave_fewer_nodes_than_running_servers_are_refused()
    {
        var before = await EnsureLayoutAsync(nodeBits: 2);
        await ReserveAsync("first");
        var second = await ReserveAsync("second");
        var refused = await Assert.ThrowsAsync<StartupException>(() => EnsureLayoutAsync(nodeBits: 1));

        Assert.Contains("Ids:NodeBits is 1", refused.Message, StringComparison.Ordinal);
        Assert.Contains("3 servers", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before.Layouts, (await Store.ReadLayoutsAsync(default)).Layouts);
        Assert.NotNull(await Store.ExtendAsync(second!, Time.Now, Length, default));
        await Store.EnsureLayoutAsync("first", Desired with { NodeBits = 1 }, default);
        await EnsureLayoutAsync(nodeBits: 3);
    }

    private async Task AssertRefusedAsync(DesiredLayout desired, string hint)
    {
        var failure = await Assert.ThrowsAsync<StoreUnavailableException>(() =>
            Store.ReserveAsync("server", desired, Length, default));
        Assert.Contains(hint, failure.Message, StringComparison.Ordinal);
    }

    private Task<StoredLayouts> EnsureLayoutAsync(int nodeBits) =>
        Store.EnsureLayoutAsync(Owner, Desired with { NodeBits = nodeBits }, default);

    private Task<NodeReservation?> ReserveAsync(string owner) =>
        Store.ReserveAsync(owner, Desired, Length, default);
}
