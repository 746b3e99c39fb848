using Terse.Codes;
using Terse.Hosting;
using Terse.Ids;
using Terse.Storage.Postgres;
using Terse.TestSupport;

namespace Terse.ClusterTests;

public sealed class PostgresNodeStoreTests(TestDatabases databases) : NodeStoreContract
{
    private TestDatabase _database = null!;

    private protected override INodeStore Store => new ClockedNodeStore(
        new PostgresNodeStore(_database.Cluster),
        () => _database.SetClockAsync(Time.Now),
        EndActivationDelayAsync);

    public override async ValueTask InitializeAsync() => _database = await databases.OpenAsync();

    protected override ValueTask CloseAsync() => _database.DisposeAsync();

    private Task EndActivationDelayAsync() => _database.ExecuteAsync(
        "UPDATE id_layout SET stored_at = stored_at - $1", LayoutLease.ActivationDelay * 2);

    [Fact]
    public async Task No_server_mints_with_a_new_layout_before_every_server_has_read_it()
    {
        var store = new PostgresNodeStore(_database.Cluster);
        var desired = CodeSetup.DesiredLayoutOf(new CodeOptions(), new IdOptions());
        await store.EnsureLayoutAsync("first", desired, default);
        var first = await store.ReserveAsync("first", desired, TimeSpan.FromSeconds(30), default);
        var other = desired with { NodeBits = 6 };
        await store.EnsureLayoutAsync("second", other, default);

        Assert.NotNull(first);
        await Assert.ThrowsAsync<StoreUnavailableException>(() =>
            store.ReserveAsync("second", other, TimeSpan.FromSeconds(30), default));
        await EndActivationDelayAsync();
        Assert.NotNull(await store.ReserveAsync("second", other, TimeSpan.FromSeconds(30), default));
    }

    /// <summary>
    /// Passes each call on to the real store. Before each call, sets the database's clock to the test's clock
    /// and ends the delay after which a new layout becomes active, so that tests need not wait.
    /// </summary>
    private sealed class ClockedNodeStore(
        INodeStore store, Func<Task> setClock, Func<Task> endActivationDelay)
        : INodeStore
    {
        public async Task<StoredLayouts> EnsureLayoutAsync(
            string owner, DesiredLayout desired, CancellationToken cancellationToken)
        {
            var stored = await ClockedAsync(() => store.EnsureLayoutAsync(owner, desired, cancellationToken));
            await endActivationDelay();
            return stored;
        }

        public Task<StoredLayouts> ReadLayoutsAsync(CancellationToken cancellationToken) =>
            store.ReadLayoutsAsync(cancellationToken);

        public Task<NodeReservation?> ReserveAsync(
            string owner, DesiredLayout desired, TimeSpan length, CancellationToken cancellationToken) =>
            ClockedAsync(() => store.ReserveAsync(owner, desired, length, cancellationToken));

        public Task<NodeReservation?> ExtendAsync(
            NodeReservation held,
            DateTimeOffset ownNow,
            TimeSpan length,
            CancellationToken cancellationToken) =>
            ClockedAsync(() => store.ExtendAsync(held, ownNow, length, cancellationToken));

        public Task ReleaseAsync(
            NodeReservation held, DateTimeOffset usedUntil, CancellationToken cancellationToken) =>
            store.ReleaseAsync(held, usedUntil, cancellationToken);

        private async Task<T> ClockedAsync<T>(Func<Task<T>> call)
        {
            await setClock();
            return await call();
        }
    }
}
