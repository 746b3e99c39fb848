using Terse.Codes;
using Terse.Harness;
using Terse.Hosting;
using Terse.Ids;
using Terse.Storage.Postgres;
using Terse.TestSupport;

namespace Terse.ClusterTests;

public sealed class PostgresNodeStoreTests(TestDatabases databases) : NodeStoreContract
{
    private TestDatabase _database = null!;

    private protected override INodeStore Store => new ClockedNodeStore(
        new PostgresNodeStore(_database.Cluster, TimeProvider.System),
        () => _database.SetClockAsync(Time.Now),
        EndActivationDelayAsync);

    public override async ValueTask InitializeAsync() => _database = await databases.OpenAsync();

    protected override ValueTask CloseAsync() => _database.DisposeAsync();

    private Task EndActivationDelayAsync() =>
        _database.ExecuteAsync(
            "INSERT INTO active_layout SELECT number FROM id_layout ON CONFLICT DO NOTHING");

    /// <summary>
    /// The clock of the primary jumps, so that the layout seems to be an hour old, or to be stored in the
    /// future.
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task No_server_mints_with_a_new_layout_before_every_server_has_read_it(int storedHoursLater)
    {
        var time = new FakeTime(DateTimeOffset.UnixEpoch);
        var store = new PostgresNodeStore(_database.Cluster, time);
        var desired = CodeSetup.DesiredLayoutOf(new CodeOptions(), new IdOptions());
        await store.EnsureLayoutAsync("server", desired, default);
        var first = await ReserveAsync(store, desired);
        var other = desired with { NodeBits = 6 };
        await store.EnsureLayoutAsync("server", other, default);
        await _database.ExecuteAsync(
            "UPDATE id_layout SET stored_at = stored_at + $1", TimeSpan.FromHours(storedHoursLater));

        Assert.NotNull(first);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => ReserveAsync(store, other));
        time.Pass(LayoutLease.ActivationDelay - TimeSpan.FromMilliseconds(1));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => ReserveAsync(store, other));
        time.Pass(TimeSpan.FromMilliseconds(1));
        Assert.NotNull(await ReserveAsync(store, other));
        Assert.NotNull(await ReserveAsync(new PostgresNodeStore(_database.Cluster, time), other));
    }

    [Theory]
    [InlineData("UPDATE id_layout SET epoch = epoch + interval '1 day'")]
    [InlineData("UPDATE id_layout SET opaque = true")]
    [InlineData("UPDATE installation SET secret_check = 'check'")]
    public async Task A_lookup_shows_whether_its_snapshot_has_other_layouts_of_ids(string change)
    {
        var desired = CodeSetup.DesiredLayoutOf(new CodeOptions(), new IdOptions());
        await Store.EnsureLayoutAsync("server", desired, default);
        var lookups = _database.Get<ILinkLookups>();
        var before = await lookups.Any.CallAsync(new("", "code"), default);
        Assert.Equal((await Store.ReadLayoutsAsync(default)).Fingerprint, before.Layouts);
        await _database.ExecuteAsync(change);
        var after = await lookups.Any.CallAsync(new("", "code"), default);

        Assert.NotEqual(before.Layouts, after.Layouts);
        Assert.Equal((await Store.ReadLayoutsAsync(default)).Fingerprint, after.Layouts);
    }

    private static Task<NodeReservation?> ReserveAsync(PostgresNodeStore store, DesiredLayout desired) =>
        store.ReserveAsync("server", desired, TimeSpan.FromSeconds(30), default);

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
