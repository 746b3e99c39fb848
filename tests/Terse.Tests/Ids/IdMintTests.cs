using Microsoft.Extensions.Logging.Abstractions;
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
    public async Task With_the_clock_set_back_a_day_between_two_starts_ids_go_on_at_once()
    {
        Tsid last;
        await using (var before = NewMint())
            last = (await before.MintAsync(default)).Id;
        _time.Now -= TimeSpan.FromDays(1);

        await using var after = NewMint();
        Assert.True(last < (await after.MintAsync(default)).Id);
    }

    [Fact]
    public async Task With_the_clock_set_back_a_day_while_it_runs_ids_go_on_at_once()
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

    [Fact]
    public async Task Servers_that_mint_at_once_never_mint_the_same_id()
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
    public async Task A_server_that_slept_through_the_end_of_its_reservation_takes_another_node()
    {
        var zombie = NewMint();
        var old = await zombie.MintAsync(default);
        _time.Pass(TimeSpan.FromMinutes(1));
        await using var heir = NewMint();
        var heirs = await heir.MintAsync(default);
        var late = await zombie.MintAsync(default);

        Assert.Equal(NodeOf(old), NodeOf(heirs));
        Assert.NotEqual(NodeOf(heirs), NodeOf(late));
        await zombie.DisposeAsync();
    }

    [Fact]
    public async Task Without_a_free_node_it_says_why_and_mints_nothing()
    {
        var mints = Enumerable.Range(0, 32).Select(_ => NewMint()).ToList();
        foreach (var mint in mints)
            await mint.StartAsync(default);
        await using var late = NewMint();

        var failure = await Assert.ThrowsAsync<StoreUnavailableException>(() => late.StartAsync(default));
        Assert.Contains("All nodes are held", failure.Message, StringComparison.Ordinal);
        await mints[7].DisposeAsync();
        Assert.Equal(7, NodeOf(await late.MintAsync(default)));
    }

    [Fact]
    public async Task Stopped_under_load_it_gives_back_its_node_and_no_later_owner_mints_an_id_of_it_again()
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
    public async Task A_server_whose_layout_was_changed_by_another_goes_on_by_the_new_one()
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
    public async Task Requests_that_give_up_while_a_node_is_taken_cost_no_node()
    {
        await using var mint = NewMint(new IdOptions { NodeBits = 0 });
        for (var request = 0; request < 20; request++)
        {
            _time.Pass(TimeSpan.FromMinutes(1));
            using var gaveUp = new CancellationTokenSource();
            var minting = mint.MintAsync(gaveUp.Token).AsTask();
            await gaveUp.CancelAsync();
            await Task.WhenAny(minting);
        }

        // The last renewal may still be under way, and a minute passed in the middle of it.
        MintedId minted = default;
        await Eventually.IsSoAsync(async () =>
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
    public async Task An_id_that_came_too_late_is_counted_and_the_next_one_is_later()
    {
        await using var mint = NewMint();
        var late = (await mint.MintAsync(default)).Id;
        await mint.CatchUpAsync(default);

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
            // It is stopped.
        }

        return minted;
    }

    private static int NodeOf(MintedId minted) => minted.Layout.Ids.NodeOf(minted.Id);

    private IdMint NewMint(IdOptions? options = null) => new(
        new SqliteNodeStore(_file.Writer, _time),
        CodeSetup.DesiredLayoutOf(new CodeOptions(), options ?? new IdOptions()),
        _time,
        _figures,
        NullLogger<IdMint>.Instance);
}
