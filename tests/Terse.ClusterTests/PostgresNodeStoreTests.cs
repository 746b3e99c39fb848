using Terse.Codes;
using Terse.Hosting;
using Terse.Ids;
using Terse.Storage.Postgres;
using Terse.Tests.Storage;

namespace Terse.ClusterTests;

public sealed class PostgresNodeStoreTests(TestDatabases databases) : NodeStoreContract
{
    private TestDatabase _database = null!;

    private protected override INodeStore Store => new ClockedKeyStore(
        new PostgresNodeStore(_database.Cluster), () => _database.SetClockAsync(Time.Now), WaitOutNoticeAsync);

    public override async ValueTask InitializeAsync() => _database = await databases.OpenAsync();

    protected override ValueTask CloseAsync() => _database.DisposeAsync();

    private Task WaitOutNoticeAsync() => _database.ExecuteAsync(
        "UPDATE id_layout SET stored_at = stored_at - $1", LayoutLease.Notice * 2);

    [Fact]
    public async Task By_a_new_layout_nobody_mints_before_every_server_knows_it()
    {
        var (store, wish) = (new PostgresNodeStore(_database.Cluster), CodeSetup.DesiredLayoutOf(new CodeOptions(), new IdOptions()));
        await store.OpenAsync(wish, default);
        var first = await store.TakeAsync("first", wish, TimeSpan.FromSeconds(30), default);
        var other = wish with { NodeBits = 6 };
        await store.OpenAsync(other, default);

        Assert.NotNull(first);
        await Assert.ThrowsAsync<StoreUnavailableException>(() =>
            store.TakeAsync("second", other, TimeSpan.FromSeconds(30), default));
        await WaitOutNoticeAsync();
        Assert.NotNull(await store.TakeAsync("second", other, TimeSpan.FromSeconds(30), default));
    }

    /// <summary>
    /// Sets the database's clock to the test's before each call, and waits out what a new layout has to wait.
    /// </summary>
    private sealed class ClockedKeyStore(INodeStore store, Func<Task> setClock, Func<Task> waitOutNotice)
        : INodeStore
    {
        public async Task<StoredLayouts> OpenAsync(DesiredLayout wish, CancellationToken cancellationToken)
        {
            var record = await ClockedAsync(() => store.OpenAsync(wish, cancellationToken));
            await waitOutNotice();
            return record;
        }

        public Task<StoredLayouts> ReadAsync(CancellationToken cancellationToken) =>
            store.ReadAsync(cancellationToken);

        public Task<NodeReservation?> TakeAsync(
            string owner, DesiredLayout wish, TimeSpan length, CancellationToken cancellationToken) =>
            ClockedAsync(() => store.TakeAsync(owner, wish, length, cancellationToken));

        public Task<NodeReservation?> ExtendAsync(
            NodeReservation held,
            DateTimeOffset ownNow,
            TimeSpan length,
            CancellationToken cancellationToken) =>
            ClockedAsync(() => store.ExtendAsync(held, ownNow, length, cancellationToken));

        public Task GiveBackAsync(
            NodeReservation held, DateTimeOffset usedUntil, CancellationToken cancellationToken) =>
            store.GiveBackAsync(held, usedUntil, cancellationToken);

        private async Task<T> ClockedAsync<T>(Func<Task<T>> call)
        {
            await setClock();
            return await call();
        }
    }
}
