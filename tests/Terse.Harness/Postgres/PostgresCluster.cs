using System.Globalization;

namespace Terse.Harness;

/// <summary>
/// A PostgreSQL primary and its streaming replicas. Their data is in a temporary folder that is deleted on
/// disposal. Only one caller at a time may change the cluster. Concurrent readers see the cluster as it was
/// before or after a change.
/// </summary>
internal sealed class PostgresCluster : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>The primary is the first element. A change replaces the whole array.</summary>
    private PostgresServer[] _servers = [];

    private PostgresServer? _killed;

    private PostgresCluster()
    {
    }

    public PostgresServer Primary => Volatile.Read(ref _servers)[0];

    public IReadOnlyList<PostgresServer> Replicas => Volatile.Read(ref _servers)[1..];

    /// <summary>
    /// The synchronous replica, which has received all acknowledged commits; null if all replicas are
    /// asynchronous.
    /// </summary>
    public PostgresServer? Synchronous { get; private set; }

    /// <summary>All database servers of the cluster. The primary is the first element.</summary>
    public IEnumerable<PostgresServer> Servers => Volatile.Read(ref _servers);

    public IEnumerable<string> ConnectionStrings => Servers.Select(server => server.ConnectionString);

    /// <summary>Returns the command-line options for a Terse server that uses these database hosts.</summary>
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

    /// <summary>
    /// Makes a replica synchronous: the primary acknowledges a commit only after the replica has written the
    /// commit to disk.
    /// </summary>
    public async Task MakeSynchronousAsync(PostgresServer replica)
    {
        await Primary.MakeSynchronousAsync(replica);
        Synchronous = replica;
    }

    /// <summary>
    /// Kills the primary and promotes the synchronous replica, or the first replica if none is synchronous.
    /// The other replicas then follow the new primary. A replica that received WAL (write-ahead log) that the
    /// new primary lacks is deleted and copied from the new primary.
    /// </summary>
    /// <param name="onPrimaryKilled">
    /// Called after the old primary was killed and before the promotion.
    /// </param>
    public async Task FailOverAsync(Action? onPrimaryKilled = null)
    {
        await Primary.KillAsync();
        onPrimaryKilled?.Invoke();
        await PromoteAsync();
    }

    /// <summary>
    /// Shuts the primary down cleanly, so that its replicas receive everything that it wrote, and promotes a
    /// replica as <see cref="FailOverAsync"/> does.
    /// </summary>
    /// <param name="beforeFollowAsync">
    /// Runs after the promotion, while the other replicas still follow the old primary.
    /// </param>
    public async Task SwitchOverAsync(Func<Task>? beforeFollowAsync = null)
    {
        await Primary.StopAsync();
        await PromoteAsync(beforeFollowAsync);
    }

    /// <summary>
    /// Promotes a replica while the primary goes on, so that two hosts accept writes. Then stops the old
    /// primary, and the other replicas follow the new one.
    /// </summary>
    /// <param name="whileSplitAsync">Runs while there are two primaries. Receives the old one.</param>
    public Task SplitAsync(Func<PostgresServer, Task> whileSplitAsync)
    {
        var old = Primary;
        return PromoteAsync(async () =>
        {
            await whileSplitAsync(old);
            await old.StopAsync();
        });
    }

    private async Task PromoteAsync(Func<Task>? beforeFollowAsync = null)
    {
        var (old, successor, wasSynchronous) = (Primary, Synchronous ?? Replicas[0], Synchronous is not null);
        await successor.PromoteAsync();
        Synchronous = null;
        Volatile.Write(ref _servers, [successor, .. Replicas.Where(replica => replica != successor)]);
        _killed = old;
        if (beforeFollowAsync is not null)
            await beforeFollowAsync();
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

    /// <summary>Starts the killed primary as a replica, on the same port as before.</summary>
    public async Task RejoinAsync()
    {
        if (_killed is not { } old)
            throw new InvalidOperationException("No failover has happened.");
        await old.BecomeReplicaAsync(Primary);
        Volatile.Write(ref _servers, [.. _servers, old]);
        _killed = null;
    }

    /// <summary>
    /// Moves the database with <c>pg_dump</c> and <c>psql</c> to a new installation of PostgreSQL, which
    /// takes the place of the primary and is on timeline 1. All servers of the old installation are shut
    /// down.
    /// </summary>
    /// <param name="afterDumpAsync">Runs after the dump. The new installation lacks what it writes.</param>
    public async Task MoveAsync(Func<Task> afterDumpAsync)
    {
        var port = Primary.Port;
        var dump = await Primary.DumpAsync();
        await afterDumpAsync();
        foreach (var server in Servers.Reverse())
            await server.StopAsync();
        var moved = await PostgresServer.StartPrimaryAsync(_folder["moved"], port);
        Volatile.Write(ref _servers, [moved]);
        Synchronous = null;
        await moved.CreateDatabaseAsync();
        await moved.RunScriptAsync(dump);
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
