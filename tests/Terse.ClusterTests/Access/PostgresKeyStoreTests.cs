using Terse.Access;
using Terse.Hosting;
using Terse.TestSupport;

namespace Terse.ClusterTests;

public sealed class PostgresKeyStoreTests(TestDatabases databases) : KeyStoreContract
{
    private TestDatabase _database = null!;

    private protected override IKeyStore Store => _database.Get<IKeyStore>();

    public override async ValueTask InitializeAsync() => _database = await databases.OpenAsync();

    protected override ValueTask CloseAsync() => _database.DisposeAsync();

    [Fact]
    public async Task On_the_schema_of_the_version_before_there_are_no_keys_and_none_can_be_added()
    {
        await using var earlier = await databases.OpenEarlierAsync();
        var store = earlier.Get<IKeyStore>();
        var text = KeyText.New();

        Assert.Empty((await store.ReadAsync(null, isLatest: true, default)).Keys!);
        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.AddAsync(
            new(text.Id, "test", Role.Admin, KeyScope.All, text.Hash()), Actor.None, default));
        Assert.Contains("terse migrate", refused.Message, StringComparison.Ordinal);
    }
}
