using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Servers over one PostgreSQL cluster.</summary>
internal sealed class TestServers : IAsyncDisposable
{
    private TestServers(IReadOnlyList<TestServer> all) => All = all;

    public IReadOnlyList<TestServer> All { get; }

    public static async Task<TestServers> StartAsync(PostgresCluster postgres, int count) =>
        new(await Cleanup.StartAllAsync(
            Enumerable.Range(0, count).Select(_ => TestServer.StartAsync(postgres))));

    public TestServer Any(Random random) => All[random.Next(All.Count)];

    /// <summary>Does something to every server's way to a host, and mends it in the end.</summary>
    public async Task DisturbWaysAsync(PostgresServer host, Action<TcpProxy> disturb, Func<Task> meanwhile)
    {
        try
        {
            foreach (var server in All)
                disturb(server.Network.To(host));
            await meanwhile();
        }
        finally
        {
            foreach (var server in All)
                server.Network.To(host).Forward();
        }
    }

    public async ValueTask DisposeAsync() => await Cleanup.DisposeAllAsync(All);
}
