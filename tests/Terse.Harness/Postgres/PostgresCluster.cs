using System.Globalization;

namespace Terse.Harness;

/// <summary>
/// A primary and its streaming replicas, in a temporary folder, gone when the test has ended.
/// </summary>
internal sealed class PostgresCluster : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<PostgresServer> _servers = [];

    private PostgresCluster()
    {
    }

    public PostgresServer Primary => _servers[0];

    public IReadOnlyList<PostgresServer> Replicas => _servers[1..];

    /// <summary>The primary first.</summary>
    public IEnumerable<string> ConnectionStrings => _servers.Select(server => server.ConnectionString);

    public static async Task<PostgresCluster> StartAsync(int replicas)
    {
        var cluster = new PostgresCluster();
        try
        {
            await Command.RunAsync("chmod", ["a+rwx", cluster._folder.Path]);
            cluster._servers.Add(await PostgresServer.StartPrimaryAsync(cluster._folder["primary"]));
            await cluster.Primary.CreateDatabaseAsync();
            for (var number = 1; number <= replicas; number++)
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"replica{number}");
                cluster._servers.Add(await cluster.Primary.StartReplicaAsync(cluster._folder[name], name));
            }

            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Kills the primary, makes one of the first replica, and has the others follow that.</summary>
    public async Task FailOverAsync()
    {
        var (old, heir) = (Primary, Replicas[0]);
        await old.KillAsync();
        await heir.PromoteAsync();
        _servers.Remove(old);
        foreach (var replica in Replicas)
            await replica.FollowAsync(heir);
        await old.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers.AsEnumerable().Reverse())
            await server.DisposeAsync();
        _folder.Dispose();
    }
}
