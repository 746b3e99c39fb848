using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Servers over one PostgreSQL cluster.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    private Fleet(IReadOnlyList<FleetServer> servers) => Servers = servers;

    public IReadOnlyList<FleetServer> Servers { get; }

    public static async Task<Fleet> StartAsync(PostgresCluster postgres, int servers) =>
        new(await Cleanup.StartAllAsync(
            Enumerable.Range(0, servers).Select(_ => FleetServer.StartAsync(postgres))));

    public static Task<TerseProcess> ServeAsync(PostgresCluster postgres, params string[] settings) =>
        ServeAsync(postgres.ConnectionStrings, settings);

    public static Task<TerseProcess> ServeAsync(IEnumerable<string> hosts, params string[] settings) =>
        TerseProcess.ServeAsync(hosts, settings);

    public FleetServer Any(Random random) => Servers[random.Next(Servers.Count)];

    /// <summary>Does something to every server's way to a host, and mends it in the end.</summary>
    public async Task DisturbWaysAsync(PostgresServer host, Action<TcpProxy> disturb, Func<Task> meanwhile)
    {
        try
        {
            foreach (var server in Servers)
                disturb(server.Network.To(host));
            await meanwhile();
        }
        finally
        {
            foreach (var server in Servers)
                server.Network.To(host).Forward();
        }
    }

    public async ValueTask DisposeAsync() => await Cleanup.DisposeAllAsync(Servers);
}
