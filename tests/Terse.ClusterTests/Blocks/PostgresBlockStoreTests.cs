using Terse.Links;
using Terse.TestSupport;

namespace Terse.ClusterTests;

public sealed class PostgresBlockStoreTests(TestDatabases databases) : BlockStoreContract
{
    private TestDatabase _database = null!;

    private protected override IBlockStore Store => _database.Get<IBlockStore>();

    public override async ValueTask InitializeAsync() => _database = await databases.OpenAsync();

    protected override ValueTask CloseAsync() => _database.DisposeAsync();

    /// <remarks>Without the triggers, so that the statement ends within its time limit.</remarks>
    protected override async Task FillAsync(int count)
    {
        await _database.ExecuteAsync("ALTER TABLE block DISABLE TRIGGER USER");
        await _database.ExecuteAsync(
            """
            INSERT INTO block (host, subdomains, created_at)
            SELECT 'h' || n, false, now() FROM generate_series(1, $1) AS n
            """,
            count);
        await _database.ExecuteAsync("ALTER TABLE block ENABLE TRIGGER USER");
    }
}
