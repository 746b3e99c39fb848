namespace Terse.Harness;

/// <summary>Several Terse servers that share one PostgreSQL cluster.</summary>
internal sealed class TestServers : IAsyncDisposable
{
    private TestServers(IReadOnlyList<TestServer> all) => All = all;

    public IReadOnlyList<TestServer> All { get; }

    public static async Task<TestServers> StartAsync(PostgresCluster postgres, int count) =>
        new(await Cleanup.StartAllAsync(
            Enumerable.Range(0, count).Select(_ => TestServer.StartAsync(postgres))));

    public TestServer Any(Random random) => All[random.Next(All.Count)];

    /// <summary>
    /// Calls <paramref name="disturb"/> on the proxy between each server and the host, awaits
    /// <paramref name="whileDisturbed"/>, and restores the network.
    /// </summary>
    public async Task DisturbNetworkAsync(
        PostgresServer host, Action<TcpProxy> disturb, Func<Task> whileDisturbed)
    {
        try
        {
            foreach (var server in All)
                disturb(server.Network.To(host));
            await whileDisturbed();
        }
        finally
        {
            foreach (var server in All)
                server.Network.To(host).Forward();
        }
    }

    public async ValueTask DisposeAsync() => await Cleanup.DisposeAllAsync(All);
}
