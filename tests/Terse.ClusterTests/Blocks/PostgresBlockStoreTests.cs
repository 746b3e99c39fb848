using Terse.Access;
using Terse.Hosting;
using Terse.Links;
using Terse.TestSupport;

namespace Terse.ClusterTests;

public sealed class PostgresBlockStoreTests(TestDatabases databases) : BlockStoreContract
{
    private TestDatabase _database = null!;

    private protected override IBlockStore Store => _database.Get<IBlockStore>();

    public override async ValueTask InitializeAsync() => _database = await databases.OpenAsync();

    protected override ValueTask CloseAsync() => _database.DisposeAsync();

    protected override Task FillAsync(int count) => _database.ExecuteAsync(
        """
        INSERT INTO block (host, subdomains, created_at)
        SELECT 'h' || n, false, now() FROM generate_series(1, $1) AS n
        """,
        count);

    [Fact]
    public async Task On_the_schema_of_the_version_before_there_are_no_blocks_and_changes_are_refused()
    {
        await using var earlier = await databases.OpenEarlierAsync();
        var store = earlier.Get<IBlockStore>();

        Assert.Equal(new(null, null), await store.ReadAsync(null, isLatest: true, default));
        Assert.Empty(await store.ListAsync(null, 10, default));
        Assert.Null(await store.FindAsync("a.example", default));
        await Assert.ThrowsAsync<StoreUnavailableException>(() =>
            store.AddAsync(NewBlock("a.example"), Actor.None, default));
        await Assert.ThrowsAsync<StoreUnavailableException>(() =>
            store.RemoveAsync("a.example", Actor.None, default));
    }
}
