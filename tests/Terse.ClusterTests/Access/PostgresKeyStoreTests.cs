using Terse.Access;
using Terse.TestSupport;

namespace Terse.ClusterTests;

public sealed class PostgresKeyStoreTests(TestDatabases databases) : KeyStoreContract
{
    private TestDatabase _database = null!;

    private protected override IKeyStore Store => _database.Get<IKeyStore>();

    public override async ValueTask InitializeAsync() => _database = await databases.OpenAsync();

    protected override ValueTask CloseAsync() => _database.DisposeAsync();
}
