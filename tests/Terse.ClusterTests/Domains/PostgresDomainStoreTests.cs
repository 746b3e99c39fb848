using Terse.Domains;
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
}
