using System.Data;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Terse.Harness;
using Terse.Horizon;
using Terse.Storage.Postgres;

namespace Terse.ClusterTests;

/// <summary>Tests how old the oldest snapshot is that the primary must serve.</summary>
public sealed class SnapshotAgeTests : IAsyncLifetime
{
    private readonly FakeTime _time = new(TimeProvider.System.GetUtcNow());
    private PostgresCluster _postgres = null!;
    private Cluster _cluster = null!;
    private ServiceProvider _services = null!;
    private PostgresSnapshotAge _snapshots = null!;

    public async ValueTask InitializeAsync()
    {
        _postgres = await PostgresCluster.StartAsync(replicas: 1);
        _cluster = new Cluster(
            new ClusterOptions
            {
                Hosts = [new HostAddress("primary", _postgres.Primary.ConnectionString)],
            },
            TimeProvider.System);
        await _cluster.StartAsync();
        Assert.Null(await PostgresMigrations.TryApplyAsync(_cluster, TimeProvider.System, default));
        _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        _snapshots = new(_cluster, _services.GetRequiredService<IMeterFactory>(), _time);
    }

    public async ValueTask DisposeAsync()
    {
        _snapshots.Dispose();
        await _services.DisposeAsync();
        await _cluster.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    /// <summary>PostgreSQL shows no time for it, so its age is measured by the transaction ids.</summary>
    [Fact]
    public async Task The_snapshot_of_a_replica_grows_older_until_it_ends()
    {
        await using var replica = await OpenSnapshotAsync(_postgres.Replicas[0]);
        await Eventually.IsTrueAsync(async () => await _postgres.Primary.ReadAsync(
            "SELECT count(*) FROM pg_replication_slots WHERE xmin IS NOT NULL") > 0);
        var first = await _snapshots.MeasureAsync(default);
        await BeatAsync();
        _time.Pass(TimeSpan.FromHours(2));
        var later = await _snapshots.MeasureAsync(default);
        await replica.CloseAsync();

        Assert.InRange(first, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        Assert.InRange(later, TimeSpan.FromHours(2), TimeSpan.FromHours(2.1));
        await Eventually.IsTrueAsync(async () =>
        {
            await BeatAsync();
            return await _snapshots.MeasureAsync(default) < TimeSpan.FromMinutes(1);
        });
    }

    /// <summary>Uses up transaction ids.</summary>
    private Task BeatAsync() => _postgres.Primary.ExecuteAsync("SELECT pg_current_xact_id()");

    /// <summary>Opens a connection whose transaction keeps a snapshot until it closes.</summary>
    private static async Task<NpgsqlConnection> OpenSnapshotAsync(PostgresServer server)
    {
        var connection = await server.ConnectAsync();
        await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead);
        await using var read = new NpgsqlCommand("SELECT count(*) FROM pg_class", connection);
        await read.ExecuteScalarAsync();
        return connection;
    }
}
