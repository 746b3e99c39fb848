namespace Terse.Harness;

/// <summary>
/// The network between one Terse server and the database hosts: one proxy for each host. Replication between
/// the hosts does not pass through these proxies. A host keeps its proxy when its role changes.
/// </summary>
internal sealed class ProxiedHosts(PostgresCluster postgres) : IAsyncDisposable
{
    private readonly Dictionary<int, TcpProxy> _proxies =
        postgres.Servers.ToDictionary(server => server.Port, server => new TcpProxy(server.Port));

    public IEnumerable<string> ConnectionStrings =>
        _proxies.Values.Select(proxy => PostgresServer.ConnectionStringBy(proxy.Port));

    public TcpProxy To(PostgresServer host) => _proxies[host.Port];

    public async ValueTask DisposeAsync() => await Cleanup.DisposeAllAsync(_proxies.Values);
}
