using Terse.Access;
using Terse.Events;
using Terse.Hosting;
using Terse.TestSupport;

namespace Terse.ClusterTests;

public sealed class PostgresWebhookStoreTests(TestDatabases databases) : WebhookStoreContract
{
    private TestDatabase _database = null!;

    private protected override IWebhookStore Store => _database.Get<IWebhookStore>();

    private protected override IEventLog Log => _database.Get<IEventLog>();

    public override async ValueTask InitializeAsync() => _database = await databases.OpenAsync();

    protected override ValueTask CloseAsync() => _database.DisposeAsync();

    [Fact]
    public async Task On_the_schema_of_the_version_before_everything_is_refused()
    {
        await using var earlier = await databases.OpenEarlierAsync();
        var store = earlier.Get<IWebhookStore>();
        var queue = earlier.Get<IDeliveryQueue>();
        Func<Task>[] calls =
        [
            () => store.ListAsync(default),
            () => store.AddAsync(EventSamples.NewWebhook("a"), Actor.None, default),
            () => queue.DispatchAsync(10, (_, _) => true, default),
            () => queue.TakeAsync(new(new Dictionary<string, int>(), 1, 1, 1, default, default), default),
            () => queue.AddTestAsync("a", default),
            () => earlier.Get<IDeliveryLog>().CountAsync(default),
        ];

        foreach (var call in calls)
        {
            var refused = await Assert.ThrowsAsync<StoreUnavailableException>(call);
            Assert.Contains("terse migrate", refused.Message, StringComparison.Ordinal);
        }
    }
}
