using Terse.Domains;
using Terse.Hosting;
using Terse.TestSupport;

namespace Terse.ClusterTests;

public sealed class PostgresDomainStoreTests(TestDatabases databases) : DomainStoreContract
{
    private TestDatabase _database = null!;

    private protected override IDomainStore Store => _database.Get<IDomainStore>();

    public override async ValueTask InitializeAsync() => _database = await databases.OpenAsync();

    protected override ValueTask CloseAsync() => _database.DisposeAsync();

    [Fact]
    public async Task A_domain_is_not_active_until_it_is_activated()
    {
        await Store.SeedAsync([Default], default);
        await Store.AddAsync(NewDomain("a.example") with { IsActive = false }, default);
        var added = await FindAsync("a.example");
        Assert.False(added.IsActive);

        await Store.ActivateAsync(added.Id, default);

        Assert.Equal(added with { IsActive = true }, await FindAsync("a.example"));
    }

    [Fact]
    public async Task On_the_schema_of_the_version_before_there_is_no_table_and_changes_are_refused()
    {
        await _database.ExecuteAsync("DROP TABLE domain, domain_state");

        Assert.False((await Store.ReadAsync(null, isLatest: true, default)).HasTable);
        await Assert.ThrowsAsync<StoreUnavailableException>(() =>
            Store.AddAsync(NewDomain("a.example"), default));
    }

    [Fact]
    public async Task While_a_server_of_the_version_before_runs_no_domain_is_added()
    {
        await Store.SeedAsync([Default], default);
        await _database.ExecuteAsync(
            """
            INSERT INTO server (name, version, configuration, since, seen_at)
            VALUES ('previous', '0', '', now(), now())
            """);

        await Assert.ThrowsAsync<StoreUnavailableException>(() =>
            Store.AddAsync(NewDomain("a.example"), default));
        Assert.Single(await ReadAllAsync());
    }
}
