using Terse.Redirects;
using Terse.TestSupport;

namespace Terse.ClusterTests;

public sealed class PostgresVisitorSaltStoreTests(TestDatabases databases) : VisitorSaltStoreContract
{
    private TestDatabase _database = null!;

    private protected override IVisitorSaltStore Store => _database.Get<IVisitorSaltStore>();

    public override async ValueTask InitializeAsync() => _database = await databases.OpenAsync();

    protected override ValueTask CloseAsync() => _database.DisposeAsync();

    protected override Task SetClockAsync(DateTimeOffset now) => _database.SetClockAsync(now);

    protected override Task<long> CountRowsAsync() =>
        _database.ReadAsync("SELECT count(*) FROM visitor_salt");
}
