using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Terse.Codes;
using Terse.Harness;
using Terse.Hosting;
using Terse.Ids;
using Terse.Storage.Sqlite;
using Terse.Tests.Storage;

namespace Terse.Tests.Ids;

public sealed class IdMintTests : IDisposable
{
    private readonly Figures _figures = new();
    private readonly SqliteFile _file = new();
    private readonly FakeTime _time = new(new DateTimeOffset(2026, 11, 22, 8, 0, 0, TimeSpan.Zero));

    public void Dispose()
    {
        _file.Dispose();
        _figures.Dispose();
    }

    [Fact]
    public async Task After_a_restart_with_the_clock_set_back_a_day_ids_keep_growing_without_a_wait()
    {
        Tsid last;
        await using (var before = NewMint())
            last = (await before.MintAsync(default)).Id;
        _time.Now -= TimeSpan.FromDays(1);

        await using var after = NewMint();
        Assert.True(last < (await after.MintAsync(default)).Id);
    }

    [Fact]
    public async Task With_the_clock_set_back_a_day_while_the_server_runs_ids_keep_growing_without_a_wait()
    {
        await using var mint = NewMint();
        var last = (await mint.MintAsync(default)).Id;
        for (var minute = 0; minute < 10; minute++)
        {
            _time.Now -= TimeSpan.FromDays(1);
            _time.Pass(TimeSpan.FromMinutes(1));
            var next = (await mint.MintAsync(default)).Id;
            Assert.True(last < next);
            last = next;
        }
    }

    /// <summary>
    /// An alert fires when little is left. It must not fire while nobody creates links.
    /// </summary>
    [Fact]
    public async Task The_rest_of_the_reservation_is_known_only_while_ids_are_requested()
    {
        await using var mint = NewMint();
        Assert.Null(mint.Remaining);
        await mint.MintAsync(default);
        Assert.InRange(mint.Remaining!.Value.TotalSeconds, 29, 30);
        _time.Pass(TimeSpan.FromSeconds(9));
        Assert.InRange(mint.Remaining!.Value.TotalSeconds, 20, 21);

        _time.Pass(TimeSpan.FromSeconds(1));

        Assert.Null(mint.Remaining);
    }

    [Fact]
    public async Task Servers_that_mint_at_the_same_time_never_mint_the_same_id()
    {
        await using var first = NewMint();
        await using var second = NewMint();
        var minted = new List<MintedId>();
        for (var round = 0; round < 1000; round++)
        {
            minted.Add(await first.MintAsync(default));
            minted.Add(await second.MintAsync(default));
        }

        Assert.Equal(2000, minted.Distinct().Count());
        Assert.Equal(2, minted.Select(NodeOf).Distinct().Count());
    }

    [Fact]
    public async Task A_server_that_was_paused_past_the_end_of_its_reservation_reserves_another_node()
    {
        var paused = NewMint();
        var old = await paused.MintAsync(default);
        _time.Pass(TimeSpan.FromMinutes(1));
        await using var successor = NewMint();
        var succeeding = await successor.MintAsync(default);
        var late = await paused.MintAsync(default);

        Assert.Equal(NodeOf(old), NodeOf(succeeding));
        Assert.NotEqual(NodeOf(succeeding), NodeOf(late));
        await paused.DisposeAsync();
    }

    /// <summary>
    /// A restored database can give the reservation that this server holds to another server.
    /// </summary>
    [Fact]
    public async Task A_mint_that_starts_over_keeps_nothing_of_its_reservation()
    {
        await using var mint = NewMint();
        await mint.MintAsync(default);
        var before = mint.Reservation!;
        await mint.StartOverAsync(default);

        Assert.NotEqual((before.Node, before.Epoch), (mint.Reservation!.Node, mint.Reservation.Epoch));
        Assert.Equal(mint.Reservation.Node, NodeOf(await mint.MintAsync(default)));
    }

    [Fact]
    public async Task A_server_that_extends_a_reservation_without_a_tick_left_is_ready_for_creations()
    {
        await using var mint = NewMint(new ShortReservations(new SqliteNodeStore(_file.Writer, _time)));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => mint.StartAsync(default));
        Assert.NotNull(mint.WhyNoCreations);

        await mint.MintAsync(default);
        Assert.Null(mint.WhyNoCreations);
    }

    [Fact]
    public async Task Without_a_free_node_a_server_reports_the_reason_and_mints_nothing()
    {
        var mints = Enumerable.Range(0, 32).Select(_ => NewMint()).ToList();
        foreach (var mint in mints)
            await mint.StartAsync(default);
        await using var late = NewMint();

        var failure = await Assert.ThrowsAsync<StoreUnavailableException>(() => late.StartAsync(default));
        Assert.Contains("All nodes are reserved", failure.Message, StringComparison.Ordinal);
        await mints[7].DisposeAsync();
        Assert.Equal(7, NodeOf(await late.MintAsync(default)));
    }

    [Fact]
    public async Task A_server_stopped_under_load_releases_its_node_and_the_next_owner_mints_only_later_ids()
    {
        for (var round = 0; round < 50; round++)
        {
            var first = NewMint();
            await first.StartAsync(default);
            var minting = Enumerable.Range(0, 3).Select(_ => Task.Run(() => MintUntilStoppedAsync(first)));
            var running = minting.ToList();
            await first.DisposeAsync();
            var minted = (await Task.WhenAll(running)).SelectMany(ids => ids).ToList();

            await using var second = NewMint();
            var next = await second.MintAsync(default);
            Assert.All(minted, id => Assert.True(id < next.Id));
            Assert.Equal(minted.Count, minted.Distinct().Count());
            Assert.Equal(0, NodeOf(next));
        }
    }

    [Fact]
    public async Task After_another_server_changed_the_layout_a_server_mints_with_the_new_layout()
    {
        await using var old = NewMint();
        var before = await old.MintAsync(default);
        await using var changed = NewMint(new IdOptions { NodeBits = 3 });
        var first = await changed.MintAsync(default);
        _time.Pass(TimeSpan.FromSeconds(31));
        var after = await old.MintAsync(default);

        Assert.Equal((1, 2, 2), (before.Layout.Number, first.Layout.Number, after.Layout.Number));
        Assert.True(before.Id < first.Id);
        Assert.True(first.Id < after.Id);
        Assert.NotEqual(NodeOf(first), NodeOf(after));
    }

    [Fact]
    public async Task A_server_without_a_node_restores_its_layout_after_a_server_with_fewer_node_bits()
    {
        await using var usual = NewMint(name: "usual");
        await usual.StartAsync(default);
        _time.Pass(TimeSpan.FromMinutes(1));
        await using var few = NewMint(new IdOptions { NodeBits = 0 }, name: "few");
        await few.StartAsync(default);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => usual.MintAsync(default).AsTask());
        Assert.Contains("All nodes are reserved", usual.WhyNoCreations, StringComparison.Ordinal);
        var minted = await usual.MintAsync(default);
        Assert.Equal((3, 5), (minted.Layout.Number, minted.Layout.Ids.NodeBits));
        Assert.Null(usual.WhyNoCreations);
    }

    [Fact]
    public async Task A_server_whose_settings_no_longer_fit_says_why_it_creates_no_links()
    {
        await using var plain = NewMint(name: "plain");
        await plain.StartAsync(default);
        var opaque = new CodeOptions { Opaque = true, Secret = new string('s', 32) };
        await new SqliteNodeStore(_file.Writer, _time).EnsureLayoutAsync(
            "opaque", CodeSetup.DesiredLayoutOf(opaque, new IdOptions()), default);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => plain.SynchronizeClockAsync(default));
        Assert.Contains("Codes:Secret", plain.WhyNoCreations, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelled_requests_do_not_leave_nodes_reserved()
    {
        await using var mint = NewMint(new IdOptions { NodeBits = 0 });
        for (var request = 0; request < 20; request++)
        {
            _time.Pass(TimeSpan.FromMinutes(1));
            using var cancelled = new CancellationTokenSource();
            var minting = mint.MintAsync(cancelled.Token).AsTask();
            await cancelled.CancelAsync();
            await Task.WhenAny(minting);
        }

        // The last renewal of the reservation may still be running, and the test advanced the clock by a
        // minute meanwhile. The mint may therefore refuse some attempts before an attempt succeeds.
        MintedId minted = default;
        await Eventually.IsTrueAsync(async () =>
        {
            try
            {
                minted = await mint.MintAsync(default);
                return true;
            }
            catch (StoreUnavailableException)
            {
                return false;
            }
        });
        Assert.Equal(0, NodeOf(minted));
    }

    [Fact]
    public async Task An_id_that_came_too_late_is_counted_and_the_next_id_is_later()
    {
        await using var mint = NewMint();
        var late = (await mint.MintAsync(default)).Id;
        await mint.SynchronizeClockAsync(default);

        Assert.True(late < (await mint.MintAsync(default)).Id);
        Assert.Equal(1, _figures["terse.ids.too_late"]);
    }

    private static async Task<List<Tsid>> MintUntilStoppedAsync(IdMint mint)
    {
        var minted = new List<Tsid>();
        try
        {
            while (minted.Count < 2000)
                minted.Add((await mint.MintAsync(default)).Id);
        }
        catch (StoreUnavailableException)
        {
            // The mint has stopped and mints no further ids. The caller gets the ids that were minted before.
        }

        return minted;
    }

    private static int NodeOf(MintedId minted) => minted.Layout.Ids.NodeOf(minted.Id);

    private IdMint NewMint(IdOptions? options = null, string name = "web-1") =>
        NewMint(new SqliteNodeStore(_file.Writer, _time), options, name);

    private IdMint NewMint(INodeStore store, IdOptions? options = null, string name = "web-1") => new(
        store,
        CodeSetup.DesiredLayoutOf(new CodeOptions(), options ?? new IdOptions()),
        Options.Create(new ServerOptions { Name = name }),
        _time,
        new IdMetrics(_figures),
        NullLogger<IdMint>.Instance);

    /// <summary>Reserves nodes for no time, as for a server that was paused for longer.</summary>
    private sealed class ShortReservations(INodeStore store) : INodeStore
    {
        public Task<StoredLayouts> EnsureLayoutAsync(
            string owner, DesiredLayout desired, CancellationToken cancellationToken) =>
            store.EnsureLayoutAsync(owner, desired, cancellationToken);

        public Task<StoredLayouts> ReadLayoutsAsync(CancellationToken cancellationToken) =>
            store.ReadLayoutsAsync(cancellationToken);

        public Task<NodeReservation?> ReserveAsync(
            string owner, DesiredLayout desired, TimeSpan length, CancellationToken cancellationToken) =>
            store.ReserveAsync(owner, desired, TimeSpan.Zero, cancellationToken);

        public Task<NodeReservation?> ExtendAsync(
            NodeReservation held,
            DateTimeOffset ownNow,
            TimeSpan length,
            CancellationToken cancellationToken) =>
            store.ExtendAsync(held, ownNow, length, cancellationToken);

        public Task ReleaseAsync(
            NodeReservation held, DateTimeOffset usedUntil, CancellationToken cancellationToken) =>
            store.ReleaseAsync(held, usedUntil, cancellationToken);
    }
}
