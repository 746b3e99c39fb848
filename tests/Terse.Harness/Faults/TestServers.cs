namespace Terse.Harness;

/// <summary>Several Terse servers that share one PostgreSQL cluster.</summary>
internal sealed class TestServers : IAsyncDisposable
{
    private TestServers(IReadOnlyList<TestServer> all) => All = all;

    public IReadOnlyList<TestServer> All { get; }

    public static Task<TestServers> StartAsync(PostgresCluster postgres, int count) =>
        StartAsync(postgres, Enumerable.Repeat<string[]>([], count));

    /// <summary>Starts one server for each list of command-line options.</summary>
    public static async Task<TestServers> StartAsync(
        PostgresCluster postgres, IEnumerable<string[]> settings) =>
        new(await Cleanup.StartAllAsync(settings.Select(own => TestServer.StartAsync(postgres, own))));

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
