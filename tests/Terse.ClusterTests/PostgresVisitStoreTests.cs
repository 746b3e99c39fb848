using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Terse.Horizon;
using Terse.Links;
using Terse.Tests.Visits;
using Terse.Visits;

namespace Terse.ClusterTests;

public sealed class PostgresVisitStoreTests(TestDatabases databases) : VisitStoreContract
{
    private Cluster _cluster = null!;
    private ServiceProvider _services = null!;

    private protected override IVisitStore Store => _services.GetRequiredService<IVisitStore>();

    private protected override IVisitReader Reader => _services.GetRequiredService<IVisitReader>();

    private protected override IVisitDays Days => _services.GetRequiredService<IVisitDays>();

    public override async ValueTask InitializeAsync()
    {
        _cluster = await databases.OpenAsync();
        _services = TestDatabases.BuildStorage(_cluster);
    }

    protected override ValueTask CloseAsync() => _services.DisposeAsync();

    private const string SetClock = "WITH old AS (DELETE FROM fake.clock) INSERT INTO fake.clock VALUES ($1)";

    protected override Task SetClockAsync(DateTimeOffset now) => _cluster.WriteAsync(
        now,
        static async (write, now, token) =>
        {
            await using var command = write.CreateCommand(SetClock);
            command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = now });
            return await command.ExecuteNonQueryAsync(token);
        },
        default);

    /// <summary>Each server knows the days that it made itself, and makes what it misses.</summary>
    [Fact]
    public async Task Servers_that_make_and_drop_the_same_days_at_once_lose_no_visit()
    {
        await SetClockAsync(Now);
        var servers = Enumerable.Range(0, 4).Select(_ => TestDatabases.BuildStorage(_cluster)).ToList();
        await Task.WhenAll(servers.Select(async (server, node) =>
        {
            for (var number = 1; number <= 10; number++)
            {
                await server.GetRequiredService<IVisitStore>().AddAsync(
                    new(node, 1, number, [NewVisit(1, Now.AddDays(-number)), NewVisit(1, Now.AddDays(-95))]),
                    default);
                await server.GetRequiredService<IVisitDays>().DropOldAsync(TimeSpan.FromDays(90), default);
            }
        }));

        Assert.Equal(new VisitSum(80, 0), await TotalAsync(1));
        Assert.Equal(40, (await ListAsync(Everything)).Count);
    }

    [Fact]
    public async Task A_batch_that_fails_in_its_midst_leaves_nothing_and_may_come_again()
    {
        await ExecuteAsync("ALTER TABLE missed_visit ADD CONSTRAINT no CHECK (kind <> 4) NOT VALID");
        var batch = new VisitBatch(1, 1, 1, [NewVisit(1), NewVisit(0) with { Kind = VisitKind.Deleted }]);
        await Assert.ThrowsAnyAsync<Exception>(() => Store.AddAsync(batch, default));
        Assert.Equal(default, await TotalAsync(1));
        Assert.Empty(await ListAsync(Everything));

        await ExecuteAsync("ALTER TABLE missed_visit DROP CONSTRAINT no");
        Assert.True(await Store.AddAsync(batch, default));
        Assert.Equal(new VisitSum(1, 0), await TotalAsync(1));
    }

    [Fact]
    public async Task On_the_schema_of_the_version_before_visits_wait_and_the_error_says_what_to_run()
    {
        await ExecuteAsync("DROP TABLE visit_batch, visit_total, visit_count, missed_visit, visit");

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(
            () => Store.AddAsync(new(1, 1, 1, [NewVisit(1)]), default));
        var unread = await Assert.ThrowsAsync<StoreUnavailableException>(() => TotalAsync(1));
        Assert.Contains("terse migrate", refused.Message, StringComparison.Ordinal);
        Assert.Contains("terse migrate", unread.Message, StringComparison.Ordinal);
    }

    private Task<int> ExecuteAsync(string sql) => _cluster.WriteAsync(
        sql,
        static async (write, sql, token) =>
        {
            await using var command = write.CreateCommand(sql);
            return await command.ExecuteNonQueryAsync(token);
        },
        default);
}
