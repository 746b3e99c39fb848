namespace Terse.Harness;

/// <summary>
/// A server's own way to each host of a cluster. The hosts replicate without it, and keep their addresses
/// when their roles change.
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
