using Terse.Hosting;
using Terse.Links;
using Terse.TestSupport;

namespace Terse.ClusterTests;

public sealed class PostgresReportStoreTests(TestDatabases databases) : ReportStoreContract
{
    private TestDatabase _database = null!;

    private protected override IReportStore Store => _database.Get<IReportStore>();

    public override async ValueTask InitializeAsync() => _database = await databases.OpenAsync();

    protected override ValueTask CloseAsync() => _database.DisposeAsync();

    [Fact]
    public async Task On_the_schema_of_the_version_before_there_are_no_reports_and_new_ones_are_refused()
    {
        await using var earlier = await databases.OpenEarlierAsync();
        var store = earlier.Get<IReportStore>();

        Assert.Empty(await store.ListAsync(null, 10, default));
        Assert.Null(await store.FindAsync(1, default));
        await Assert.ThrowsAsync<StoreUnavailableException>(() =>
            store.AddAsync(new(1, new("", "c"), null, DateTimeOffset.UnixEpoch), default));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.CloseAsync(1, default));
    }
}
