using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>What befalls the hosts of PostgreSQL, and the servers' ways to them.</summary>
internal sealed class DatabaseFaults(PostgresCluster postgres, TestServers servers, History history, int seed)
{
    private readonly Random _random = new(seed);

    public Fault[] All =>
    [
        new("replay paused", 6, PauseReplayAsync),
        new("replica killed", 1, KillReplicaAsync),
        new("primary stopped", 1, StopPrimaryAsync),
        new("primary killed, replica promoted", 1, FailOverAsync),
        new("replica in a black hole", 1, pass => DisturbAsync(proxy => proxy.BlackHole(), pass)),
        new("replica delayed", 1, pass => DisturbAsync(proxy => proxy.Delay(NewDelay()), pass)),
        new("replica reset", 1, pass => DisturbAsync(proxy => proxy.Reset(), pass)),
    ];

    private PostgresServer AnyReplica => postgres.Replicas[_random.Next(postgres.Replicas.Count)];

    private TimeSpan NewDelay() => TimeSpan.FromMilliseconds(_random.Next(50, 1500));

    private async Task PauseReplayAsync(Func<Task> passAsync)
    {
        var replica = AnyReplica;
        await replica.PauseReplayAsync();
        await passAsync();
        await replica.ResumeReplayAsync();
    }

    private async Task KillReplicaAsync(Func<Task> passAsync)
    {
        var replica = AnyReplica;
        await replica.KillAsync();
        await passAsync();
        await replica.StartAsync();
    }

    private async Task StopPrimaryAsync(Func<Task> passAsync)
    {
        postgres.Primary.Pause();
        await passAsync();
        postgres.Primary.Resume();
    }

    /// <summary>What was the primary comes back as a replica after a while.</summary>
    private async Task FailOverAsync(Func<Task> passAsync)
    {
        await postgres.FailOverAsync(history.Promoting);
        await passAsync();
        await postgres.RejoinAsync();
    }

    private Task DisturbAsync(Action<TcpProxy> disturb, Func<Task> passAsync) =>
        servers.DisturbWaysAsync(AnyReplica, disturb, passAsync);
}
