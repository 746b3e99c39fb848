using Terse.Links;
using Terse.TestSupport;

namespace Terse.ClusterTests;

public sealed class PostgresReportStoreTests(TestDatabases databases) : ReportStoreContract
{
    private TestDatabase _database = null!;

    private protected override IReportStore Store => _database.Get<IReportStore>();

    public override async ValueTask InitializeAsync() => _database = await databases.OpenAsync();

    protected override ValueTask CloseAsync() => _database.DisposeAsync();
}
