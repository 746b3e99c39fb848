namespace Terse.Harness;

/// <summary>
/// One proxy for each host of a cluster, between a server and the host. The hosts replicate without the
/// proxies, and keep their addresses when their roles change.
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
