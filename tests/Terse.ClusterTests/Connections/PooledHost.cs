using Terse.Harness;
using Terse.Horizon;

namespace Terse.ClusterTests;

/// <summary>One PostgreSQL server behind one PgBouncer.</summary>
public sealed class PooledHost : IAsyncLifetime
{
    private PostgresCluster _postgres = null!;

    internal PgBouncer Pooler { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _postgres = await PostgresCluster.StartAsync(replicas: 0);
        Pooler = await PgBouncer.StartAsync(_postgres.Primary);
        await Pooler.FillAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Pooler.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    internal Task<Cluster> ConnectAsync(bool? preparedStatements = null) =>
        ConnectAsync(_postgres.Primary, Pooler, preparedStatements);

    internal static async Task<Cluster> ConnectAsync(
        PostgresServer server, PgBouncer pooler, bool? preparedStatements = null)
    {
        var address = new HostAddress("primary", server.ConnectionString)
        {
            PoolerConnectionString = pooler.ConnectionString,
        };
        var cluster = new Cluster(
            new ClusterOptions { Hosts = [address], PreparedStatements = preparedStatements },
            TimeProvider.System);
        await cluster.StartAsync();
        return cluster;
    }
}
