using Terse.Domains;

namespace Terse.TestSupport;

/// <summary>The tests that every store of domains must pass.</summary>
public abstract class DomainStoreContract : IAsyncLifetime
{
    private static readonly DateTimeOffset Created = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    private static readonly DomainSettings AllSettings = new()
    {
        Host = "go.example.com",
        FormerHosts = "a.example b.example",
        HomeRedirect = "https://example.com/\uad6c\uae00",
        NotFoundRedirect = "https://example.com/404",
        ExpiredRedirect = "https://example.com/old",
        RobotsTxt = "User-agent: *\n",
        Favicon = "https://example.com/icon.png",
    };

    public abstract ValueTask InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    private protected abstract IDomainStore Store { get; }

    protected abstract ValueTask CloseAsync();

    [Fact]
    public async Task A_new_database_has_no_revision_until_it_is_seeded()
    {
        Assert.Equal(new StoredDomains(null, null), await Store.ReadAsync(null, isLatest: true, default));

        await Store.SeedAsync([Default, NewDomain("a.example")], default);

        var stored = await Store.ReadAsync(null, isLatest: true, default);
        Assert.NotNull(stored.Revision);
        Assert.Equal(["", "a.example"], NamesOf(stored));
    }

    [Fact]
    public async Task Of_servers_with_different_settings_that_start_together_one_seeds_the_database()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(server =>
            Store.SeedAsync([Default, NewDomain($"s{server}.example")], default)));

        Assert.Equal(2, (await ReadAllAsync()).Count);
    }

    [Fact]
    public async Task Every_setting_is_stored()
    {
        await Store.SeedAsync([Default with { Settings = AllSettings }], default);
        await Store.AddAsync(NewDomain("s.example") with { Settings = AllSettings }, default);

        Assert.All(await ReadAllAsync(), domain => Assert.Equal(AllSettings, domain.Settings));
        var added = await FindAsync("s.example");
        Assert.Equal(
            (1, Created, (DateTimeOffset?)null), (added.Version, added.CreatedAt, added.RemovedAt));
        Assert.NotEqual(0, added.Id);
    }

    [Fact]
    public async Task Of_clients_that_add_the_same_domain_one_succeeds()
    {
        await Store.SeedAsync([Default], default);
        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
            Store.AddAsync(NewDomain("a.example"), default)));

        Assert.Single(results, AddDomainResult.Added);
        Assert.Equal(7, results.Count(result => result == AddDomainResult.NameTaken));
    }

    [Fact]
    public async Task A_change_is_stored_only_over_the_version_before_it()
    {
        await Store.SeedAsync([Default, NewDomain("a.example")], default);
        var stored = await FindAsync("a.example");
        var first = stored with { Version = 2, Settings = new() { HomeRedirect = "https://a.example/1" } };
        var second = stored with { Version = 2, Settings = new() { HomeRedirect = "https://a.example/2" } };

        Assert.True(await Store.ReplaceAsync(first, default));
        Assert.False(await Store.ReplaceAsync(second, default));
        Assert.Equal(first, await FindAsync("a.example"));
    }

    [Fact]
    public async Task A_removed_domain_stays_in_the_table_and_can_be_added_again()
    {
        await Store.SeedAsync([Default, NewDomain("a.example")], default);
        var stored = await FindAsync("a.example");
        await Store.ReplaceAsync(stored with { Version = 2, RemovedAt = Created.AddDays(1) }, default);
        Assert.Equal(Created.AddDays(1), (await FindAsync("a.example")).RemovedAt);

        var added = await Store.AddAsync(NewDomain("a.example") with { Settings = AllSettings }, default);

        Assert.Equal(AddDomainResult.Added, added);
        Assert.Equal(
            stored with { Version = 3, Settings = AllSettings }, await FindAsync("a.example"));
    }

    [Fact]
    public async Task The_host_of_the_default_domain_and_the_name_of_another_one_are_never_the_same()
    {
        await Store.SeedAsync([Default with { Settings = new() { Host = "go.example" } }], default);
        var renamed = await FindAsync("") with { Version = 2, Settings = new() { Host = "a.example" } };

        Assert.Equal(AddDomainResult.HostOfDefault, await Store.AddAsync(NewDomain("go.example"), default));
        await Store.AddAsync(NewDomain("a.example"), default);
        Assert.False(await Store.ReplaceAsync(renamed, default));
    }

    [Fact]
    public async Task The_number_of_domains_is_limited()
    {
        await Store.SeedAsync(
            [
                Default,
                .. Enumerable.Range(0, IDomainStore.MaxDomains - 2).Select(number => NewDomain($"d{number}")),
            ],
            default);

        Assert.Equal(AddDomainResult.Added, await Store.AddAsync(NewDomain("last.example"), default));
        Assert.Equal(AddDomainResult.TooMany, await Store.AddAsync(NewDomain("more.example"), default));
    }

    [Fact]
    public async Task Each_change_gives_the_table_of_a_shared_database_a_new_revision()
    {
        await Store.SeedAsync([Default], default);
        var first = (await Store.ReadAsync(null, isLatest: true, default)).Revision;
        if (Store.IsShared)
            Assert.Null((await Store.ReadAsync(first, isLatest: true, default)).Domains);

        await Store.AddAsync(NewDomain("a.example"), default);

        var second = await Store.ReadAsync(first, isLatest: true, default);
        Assert.Equal(["", "a.example"], NamesOf(second));
        Assert.Equal(Store.IsShared, first != second.Revision);
    }

    private protected static Domain Default { get; } =
        new(0, DomainMap.Default, DomainSettings.None) { IsActive = true };

    private protected static Domain NewDomain(string name) =>
        new(0, name, DomainSettings.None) { CreatedAt = Created, IsActive = true };

    private protected async Task<IReadOnlyList<Domain>> ReadAllAsync() =>
        (await Store.ReadAsync(null, isLatest: true, default)).Domains!;

    private protected async Task<Domain> FindAsync(string name) =>
        (await ReadAllAsync()).Single(domain => domain.Name == name);

    private static IEnumerable<string> NamesOf(StoredDomains stored) =>
        stored.Domains!.Select(domain => domain.Name).Order(StringComparer.Ordinal);
}
