using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Terse.Harness;
using Terse.Keys;
using Terse.Links;
using Terse.Storage;
using Terse.Storage.Sqlite;

namespace Terse.Tests.Keys;

public sealed class KeyMintTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTime _time = new(new DateTimeOffset(2026, 11, 22, 8, 0, 0, TimeSpan.Zero));
    private readonly SqliteWriter _writer;
    private readonly TsidLayout _layout;

    public KeyMintTests()
    {
        _writer = new SqliteWriter(new SqliteDatabase(
            Options.Create(new StorageOptions { Folder = _folder.Path })));
        _layout = SqliteLayouts.Open(_writer, _time);
    }

    public void Dispose()
    {
        _writer.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task With_the_clock_set_back_a_day_between_two_starts_ids_go_on_at_once()
    {
        Tsid last;
        await using (var before = NewMint())
            last = await before.MintAsync(default);
        _time.Now -= TimeSpan.FromDays(1);

        await using var after = NewMint();
        Assert.True(last < await after.MintAsync(default));
    }

    [Fact]
    public async Task With_the_clock_set_back_a_day_while_it_runs_ids_go_on_at_once()
    {
        await using var mint = NewMint();
        var last = await mint.MintAsync(default);
        for (var minute = 0; minute < 10; minute++)
        {
            _time.Now -= TimeSpan.FromDays(1);
            _time.Pass(TimeSpan.FromMinutes(1));
            var next = await mint.MintAsync(default);
            Assert.True(last < next);
            last = next;
        }
    }

    [Fact]
    public async Task Servers_that_mint_at_once_never_mint_the_same_id()
    {
        await using var first = NewMint();
        await using var second = NewMint();
        var minted = new List<Tsid>();
        for (var round = 0; round < 1000; round++)
        {
            minted.Add(await first.MintAsync(default));
            minted.Add(await second.MintAsync(default));
        }

        Assert.Equal(2000, minted.Distinct().Count());
        Assert.Equal(2, minted.Select(_layout.NodeOf).Distinct().Count());
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

        Assert.Equal(_layout.NodeOf(old), _layout.NodeOf(heirs));
        Assert.NotEqual(_layout.NodeOf(heirs), _layout.NodeOf(late));
        await zombie.DisposeAsync();
    }

    [Fact]
    public async Task Without_a_free_node_it_says_why_and_mints_nothing()
    {
        var mints = Enumerable.Range(0, _layout.NodeCount).Select(_ => NewMint()).ToList();
        foreach (var mint in mints)
            await mint.StartAsync(default);
        await using var late = NewMint();

        var failure = await Assert.ThrowsAsync<StoreUnavailableException>(() => late.StartAsync(default));
        Assert.Contains("All 32 nodes", failure.Message, StringComparison.Ordinal);
        await mints[7].DisposeAsync();
        Assert.Equal(7, _layout.NodeOf(await late.MintAsync(default)));
    }

    private KeyMint NewMint() => new(
        new SqliteNodeStore(_writer, _time), _layout, _time, NullLogger<KeyMint>.Instance);
}
