using Microsoft.Extensions.DependencyInjection;
using Terse.Hosting;
using Terse.Links;
using Terse.TestSupport;
using Terse.Visits;

namespace Terse.ClusterTests;

public sealed class PostgresVisitStoreTests(TestDatabases databases) : VisitStoreContract
{
    private TestDatabase _database = null!;

    private protected override IVisitStore Store => _database.Get<IVisitStore>();

    private protected override IVisitReader Reader => _database.Get<IVisitReader>();

    private protected override IVisitPartitions Partitions => _database.Get<IVisitPartitions>();

    public override async ValueTask InitializeAsync() => _database = await databases.OpenAsync();

    protected override ValueTask CloseAsync() => _database.DisposeAsync();

    protected override Task SetClockAsync(DateTimeOffset now) => _database.SetClockAsync(now);

    /// <summary>
    /// Each Terse server remembers which daily partitions it has created. If a different server has dropped
    /// one of these partitions, the first server must create the partition again.
    /// </summary>
    [Fact]
    public async Task Servers_that_create_and_drop_the_same_days_at_once_lose_no_visit()
    {
        await SetClockAsync(Now);
        var servers = Enumerable.Range(0, 4)
            .Select(_ => TestDatabases.BuildStorage(_database.Cluster))
            .ToList();
        await Task.WhenAll(servers.Select(async (server, node) =>
        {
            for (var number = 1; number <= 10; number++)
            {
                await server.GetRequiredService<IVisitStore>().AddAsync(
                    new(node, 1, number, [NewVisit(1, Now.AddDays(-number)), NewVisit(1, Now.AddDays(-95))]),
                    default);
                await server.GetRequiredService<IVisitPartitions>().DropExpiredAsync(
                    TimeSpan.FromDays(90), default);
            }
        }));

        Assert.Equal(new VisitSum(80, 0), await TotalAsync(1));
        Assert.Equal(40, (await ListAsync(Everything)).Count);
    }

    [Fact]
    public async Task A_batch_that_fails_halfway_stores_nothing_and_can_be_repeated()
    {
        await _database.ExecuteAsync(
            "ALTER TABLE missed_visit ADD CONSTRAINT no CHECK (kind <> 4) NOT VALID");
        var missed = NewVisit(0) with { Outcome = RedirectOutcome.Deleted };
        var batch = new VisitBatch(1, 1, 1, [NewVisit(1), missed]);
        await Assert.ThrowsAnyAsync<Exception>(() => Store.AddAsync(batch, default));
        Assert.Equal(default, await TotalAsync(1));
        Assert.Empty(await ListAsync(Everything));

        await _database.ExecuteAsync("ALTER TABLE missed_visit DROP CONSTRAINT no");
        Assert.True(await Store.AddAsync(batch, default));
        Assert.Equal(new VisitSum(1, 0), await TotalAsync(1));
    }

    [Fact]
    public async Task On_the_previous_schema_visits_are_refused_and_the_error_names_the_command_to_run()
    {
        await using var earlier = await databases.OpenEarlierAsync();

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(
            () => earlier.Get<IVisitStore>().AddAsync(new(1, 1, 1, [NewVisit(1)]), default));
        var unread = await Assert.ThrowsAsync<StoreUnavailableException>(
            () => earlier.Get<IVisitReader>().ReadTotalAsync(NewVisit(1).Link, default));
        Assert.Contains("terse migrate", refused.Message, StringComparison.Ordinal);
        Assert.Contains("terse migrate", unread.Message, StringComparison.Ordinal);
    }
}
