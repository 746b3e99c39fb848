using System.Data;
using Npgsql;

namespace Terse.Harness;

/// <summary>
/// The faults that a test injects into PostgreSQL hosts and into the network between Terse servers and these
/// hosts.
/// </summary>
internal sealed class DatabaseFaults(PostgresCluster postgres, TestServers servers, History history, int seed)
{
    private readonly Random _random = new(seed);

    public Fault[] All =>
    [
        new("replay paused", 6, PauseReplayAsync),
        new("replica killed", 1, KillReplicaAsync),
        new("primary stopped", 1, StopPrimaryAsync),
        new("primary killed, replica promoted", 1, FailOverAsync),
        new("replica in a black hole", 1, wait => DisturbAsync(proxy => proxy.BlackHole(), wait)),
        new("replica delayed", 1, wait => DisturbAsync(proxy => proxy.Delay(NewDelay()), wait)),
        new("snapshot held on the primary", 3, HoldSnapshotAsync),
        new("slow disk", 1, SlowDiskAsync),
        new("replica reset", 1, wait => DisturbAsync(proxy => proxy.Reset(), wait)),
    ];

    private PostgresServer AnyReplica => postgres.Replicas[_random.Next(postgres.Replicas.Count)];

    private TimeSpan NewDelay() => TimeSpan.FromMilliseconds(_random.Next(50, 1500));

    private async Task PauseReplayAsync(Func<Task> waitAsync)
    {
        var replica = AnyReplica;
        await replica.PauseReplayAsync();
        await waitAsync();
        await replica.ResumeReplayAsync();
    }

    private async Task KillReplicaAsync(Func<Task> waitAsync)
    {
        var replica = AnyReplica;
        await replica.KillAsync();
        await waitAsync();
        await replica.StartAsync();
    }

    private async Task StopPrimaryAsync(Func<Task> waitAsync)
    {
        postgres.Primary.Pause();
        await waitAsync();
        postgres.Primary.Resume();
    }

    /// <summary>
    /// Kills the primary and promotes a replica. At the end of the fault, the killed primary joins the
    /// cluster again as a replica.
    /// </summary>
    private async Task FailOverAsync(Func<Task> waitAsync)
    {
        await postgres.FailOverAsync(history.StartRecovery);
        await waitAsync();
        await postgres.RejoinAsync();
    }

    private Task DisturbAsync(Action<TcpProxy> disturb, Func<Task> waitAsync) =>
        servers.DisturbNetworkAsync(AnyReplica, disturb, waitAsync);

    /// <summary>
    /// Keeps a transaction open on the primary, as a long report or a dump does. PostgreSQL cannot remove
    /// dead rows meanwhile.
    /// </summary>
    private async Task HoldSnapshotAsync(Func<Task> waitAsync)
    {
        await using var connection = await postgres.Primary.ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead);
        await using var read = new NpgsqlCommand("SELECT count(*) FROM link", connection, transaction);
        await read.ExecuteScalarAsync();
        await waitAsync();
        await transaction.RollbackAsync();
    }

    /// <summary>Makes each commit on the primary wait for the disk and for 10 ms more.</summary>
    private async Task SlowDiskAsync(Func<Task> waitAsync)
    {
        var primary = postgres.Primary;
        await primary.ConfigureAsync(("fsync", "on"), ("commit_delay", "10000"), ("commit_siblings", "0"));
        await waitAsync();
        await primary.ConfigureAsync(("fsync", "off"), ("commit_delay", "0"), ("commit_siblings", "5"));
    }
}
