using System.Globalization;

namespace Terse.Harness;

/// <summary>
/// A primary and its streaming replicas, in a temporary folder, gone when the test has ended. Faults change
/// it one at a time; who looks at it meanwhile sees it before or after.
/// </summary>
internal sealed class PostgresCluster : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>The primary first; replaced as a whole.</summary>
    private PostgresServer[] _servers = [];

    private PostgresServer? _killed;

    private PostgresCluster()
    {
    }

    public PostgresServer Primary => Volatile.Read(ref _servers)[0];

    public IReadOnlyList<PostgresServer> Replicas => Volatile.Read(ref _servers)[1..];

    /// <summary>The one that has all that was acknowledged; null where commits wait for none.</summary>
    public PostgresServer? Synchronous { get; private set; }

    /// <summary>The primary first.</summary>
    public IEnumerable<PostgresServer> Servers => Volatile.Read(ref _servers);

    public IEnumerable<string> ConnectionStrings => Servers.Select(server => server.ConnectionString);

    /// <summary>The settings of a server that uses such hosts, as the command line has them.</summary>
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
                await cluster.WaitForAsync(cluster.Replicas[0]);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>From now on each commit waits until this replica has it on disk.</summary>
    public async Task WaitForAsync(PostgresServer replica)
    {
        await Primary.WaitForAsync(replica);
        Synchronous = replica;
    }

    /// <summary>
    /// Kills the primary and makes one of the replica that has all that was acknowledged. The others follow
    /// it, and are made anew where they have something that it has not.
    /// </summary>
    /// <param name="promoting">Is told when the old one is dead.</param>
    public async Task FailOverAsync(Action? promoting = null)
    {
        var (old, heir, waited) = (Primary, Synchronous ?? Replicas[0], Synchronous is not null);
        await old.KillAsync();
        promoting?.Invoke();
        await heir.PromoteAsync();
        Synchronous = null;
        Volatile.Write(ref _servers, [heir, .. Replicas.Where(replica => replica != heir)]);
        _killed = old;
        foreach (var replica in Replicas)
        {
            if (await replica.IsBehindAsync(heir))
                await replica.FollowAsync(heir);
            else
                await replica.BecomeReplicaAsync(heir);
        }

        if (waited && Replicas.Count > 0)
            await WaitForAsync(Replicas[0]);
    }

    /// <summary>Brings back the primary of before the failover, as a replica, at its old address.</summary>
    public async Task RejoinAsync()
    {
        if (_killed is not { } old)
            throw new InvalidOperationException("There was no failover.");
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
