using Terse.Access;
using Terse.Links;

namespace Terse.TestSupport;

/// <summary>The tests that every store of blocks must pass.</summary>
public abstract class BlockStoreContract : IAsyncLifetime
{
    private static readonly DateTimeOffset Created = new(2026, 11, 27, 10, 0, 0, TimeSpan.Zero);

    public abstract ValueTask InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    private protected abstract IBlockStore Store { get; }

    protected abstract ValueTask CloseAsync();

    /// <summary>Stores blocks of the hosts <c>h1</c> to the number without the checks of the store.</summary>
    protected abstract Task FillAsync(int count);

    [Fact]
    public async Task A_new_database_has_no_blocks_and_a_revision()
    {
        var stored = await Store.ReadAsync(null, isLatest: true, default);

        Assert.NotNull(stored.Revision);
        Assert.Empty(stored.Hosts!);
    }

    [Fact]
    public async Task Every_field_of_a_block_is_stored()
    {
        var block = NewBlock("evil.example") with { IncludesSubdomains = true, Reason = "phishing \uad6c" };

        var added = await Store.AddAsync(block, Actor.None, default);

        Assert.True(added.IsNew);
        Assert.Equal(block with { Id = added.Stored!.Id }, added.Stored);
        Assert.NotEqual(0, added.Stored.Id);
        Assert.Equal(added.Stored, await Store.FindAsync("evil.example", default));
        Assert.Equal([new("evil.example", IncludesSubdomains: true)], await ReadAllAsync());
        Assert.Null(await Store.FindAsync("example", default));
    }

    [Fact]
    public async Task A_host_that_is_blocked_again_gets_the_new_fields_and_keeps_its_id_and_time()
    {
        var block = NewBlock("evil.example") with { Reason = "a" };
        var first = (await Store.AddAsync(block, Actor.None, default)).Stored!;

        var second = await Store.AddAsync(
            NewBlock("evil.example") with { IncludesSubdomains = true, CreatedAt = Created.AddDays(1) },
            Actor.None,
            default);

        Assert.False(second.IsNew);
        Assert.Equal(first with { IncludesSubdomains = true, Reason = null }, second.Stored);
        Assert.Single(await ReadAllAsync());
    }

    [Fact]
    public async Task Each_change_gives_the_blocks_a_new_revision()
    {
        var seen = new HashSet<Guid?> { await ReadRevisionAsync(known: null) };

        await Store.AddAsync(NewBlock("a.example"), Actor.None, default);
        Assert.True(seen.Add(await ReadRevisionAsync(seen.Last())));
        await Store.AddAsync(NewBlock("a.example") with { IncludesSubdomains = true }, Actor.None, default);
        Assert.True(seen.Add(await ReadRevisionAsync(seen.Last())));
        await Store.RemoveAsync("a.example", Actor.None, default);
        var last = await ReadRevisionAsync(seen.Last());

        Assert.True(seen.Add(last));
        Assert.Null((await Store.ReadAsync(last, isLatest: true, default)).Hosts);
    }

    [Fact]
    public async Task The_list_has_the_newest_blocks_first_and_continues_after_a_block()
    {
        for (var number = 1; number <= 5; number++)
            await Store.AddAsync(NewBlock($"h{number}"), Actor.None, default);

        var first = await Store.ListAsync(before: null, limit: 2, default);
        var second = await Store.ListAsync(first[^1].Id, limit: 2, default);
        var third = await Store.ListAsync(second[^1].Id, limit: 2, default);

        Assert.Equal(["h5", "h4", "h3", "h2", "h1"], NamesOf([.. first, .. second, .. third]));
        Assert.Empty(await Store.ListAsync(third[^1].Id, limit: 2, default));
    }

    [Fact]
    public async Task A_removed_block_is_gone_and_is_removed_only_once()
    {
        await Store.AddAsync(NewBlock("a.example"), Actor.None, default);

        Assert.True(await Store.RemoveAsync("a.example", Actor.None, default));
        Assert.False(await Store.RemoveAsync("a.example", Actor.None, default));
        Assert.Empty(await ReadAllAsync());
    }

    [Fact]
    public async Task Of_clients_that_block_the_same_host_one_adds_it()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
            Store.AddAsync(NewBlock("a.example"), Actor.None, default)));

        Assert.Single(results, result => result.IsNew);
        Assert.Single(results.Select(result => result.Stored).Distinct());
    }

    [Fact]
    public async Task The_number_of_blocks_is_limited_and_a_full_table_still_changes_its_blocks()
    {
        await FillAsync(IBlockStore.MaxBlocks - 1);

        Assert.True((await Store.AddAsync(NewBlock("last.example"), Actor.None, default)).IsNew);
        Assert.Null((await Store.AddAsync(NewBlock("more.example"), Actor.None, default)).Stored);
        Assert.NotNull((await Store.AddAsync(NewBlock("h1"), Actor.None, default)).Stored);
        Assert.Equal(IBlockStore.MaxBlocks, (await ReadAllAsync()).Count);
    }

    private protected static Block NewBlock(string host) => new(0, host, false, null, Created);

    private protected async Task<IReadOnlyCollection<BlockedHost>> ReadAllAsync() =>
        (await Store.ReadAsync(null, isLatest: true, default)).Hosts!;

    private async Task<Guid?> ReadRevisionAsync(Guid? known) =>
        (await Store.ReadAsync(known, isLatest: true, default)).Revision;

    private static IEnumerable<string> NamesOf(IEnumerable<Block> blocks) =>
        blocks.Select(block => block.Host);
}
