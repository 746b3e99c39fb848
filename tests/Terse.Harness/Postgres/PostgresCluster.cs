using System.Globalization;

namespace Terse.Harness;

/// <summary>
/// A primary and its streaming replicas in a temporary folder, which is deleted on disposal. One caller at a
/// time changes the cluster; concurrent readers see the state before or after a change.
/// </summary>
internal sealed class PostgresCluster : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>The primary is the first element. The array is replaced, never changed.</summary>
    private PostgresServer[] _servers = [];

    private PostgresServer? _killed;

    private PostgresCluster()
    {
    }

    public PostgresServer Primary => Volatile.Read(ref _servers)[0];

    public IReadOnlyList<PostgresServer> Replicas => Volatile.Read(ref _servers)[1..];

    /// <summary>
    /// The synchronous replica, which has all acknowledged commits; null if replication is asynchronous.
    /// </summary>
    public PostgresServer? Synchronous { get; private set; }

    /// <summary>The primary is the first element.</summary>
    public IEnumerable<PostgresServer> Servers => Volatile.Read(ref _servers);

    public IEnumerable<string> ConnectionStrings => Servers.Select(server => server.ConnectionString);

    /// <summary>The command-line options of a server that uses these database hosts.</summary>
    public static IEnumerable<string> SettingsOf(IEnumerable<string> hosts) =>
        hosts.SelectMany((host, index) =>
            new[] { string.Create(CultureInfo.InvariantCulture, $"--Database:Hosts:{index}"), host });

    public static async Task<PostgresCluster> StartAsync(int replicas, bool isSynchronous = false)
    {
        var cluster = new PostgresCluster();
        try
        {
            await Command.RunAsync("chmod", ["a+rwx", cluster._folder.Path]);
            cluster._servers = [await PostgresServer.StartPrimaryAsync(cluster._folder["host0"])];
            await cluster.Primary.CreateDatabaseAsync();
            for (var number = 1; number <= replicas; number++)
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"host{number}");
                var replica = await cluster.Primary.StartReplicaAsync(cluster._folder[name]);
                cluster._servers = [.. cluster._servers, replica];
            }

            if (isSynchronous)
                await cluster.MakeSynchronousAsync(cluster.Replicas[0]);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes a replica synchronous: each commit waits until the replica has flushed it.</summary>
    public async Task MakeSynchronousAsync(PostgresServer replica)
    {
        await Primary.MakeSynchronousAsync(replica);
        Synchronous = replica;
    }

    /// <summary>
    /// Kills the primary and promotes the synchronous replica, or the first replica if none is synchronous.
    /// The other replicas follow the new primary. Replicas that have log that the new primary lacks are
    /// copied anew.
    /// </summary>
    /// <param name="onPrimaryKilled">Called when the old primary is dead.</param>
    public async Task FailOverAsync(Action? onPrimaryKilled = null)
    {
        var (old, successor, wasSynchronous) = (Primary, Synchronous ?? Replicas[0], Synchronous is not null);
        await old.KillAsync();
        onPrimaryKilled?.Invoke();
        await successor.PromoteAsync();
        Synchronous = null;
        Volatile.Write(ref _servers, [successor, .. Replicas.Where(replica => replica != successor)]);
        _killed = old;
        foreach (var replica in Replicas)
        {
            if (await replica.IsBehindAsync(successor))
                await replica.FollowAsync(successor);
            else
                await replica.BecomeReplicaAsync(successor);
        }

        if (wasSynchronous && Replicas.Count > 0)
            await MakeSynchronousAsync(Replicas[0]);
    }

    /// <summary>Starts the old primary again as a replica, at its old address.</summary>
    public async Task RejoinAsync()
    {
        if (_killed is not { } old)
            throw new InvalidOperationException("No failover has happened.");
        await old.BecomeReplicaAsync(Primary);
        Volatile.Write(ref _servers, [.. _servers, old]);
        _killed = null;
    }

    public async ValueTask DisposeAsync()
    {
        var all = _killed is null ? _servers : [.. _servers, _killed];
        try
        {
            await Cleanup.DisposeAllAsync(all.Reverse());
        }
        finally
        {
            _folder.Dispose();
        }
    }
}
