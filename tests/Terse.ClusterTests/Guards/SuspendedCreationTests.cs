using System.Collections.Concurrent;
using Terse.Harness;

namespace Terse.ClusterTests;

public sealed class SuspendedCreationTests
{
    /// <summary>
    /// How often the test suspends the server at most. If a suspension lasts too long, the server closes its
    /// connections and cancels the creations, so that nothing is tested. The test suspends the server again
    /// in this case.
    /// </summary>
    private const int MaxSuspensions = 30;

    /// <summary>
    /// Creates links on a server that is suspended until the horizon is later than the ids of its running
    /// creations. Replay on the replica is then paused. Without the guard (the trigger that refuses ids older
    /// than the horizon) the links are stored and acknowledged, but a server that reads the replica responds
    /// with 404.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_id_that_the_horizon_passed_while_its_server_was_suspended_is_minted_again(
        bool isGuarded)
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var servers = await TestServers.StartAsync(postgres, count: 2);
        if (!isGuarded)
            await postgres.Primary.ExecuteAsync("DROP TRIGGER horizon_guard ON link");
        var acknowledged = new ConcurrentDictionary<string, string>();
        using var enough = new CancellationTokenSource();
        var creations = Enumerable.Range(1, 4)
            .Select(client => CreateAsync(servers.All[0].Process, client, acknowledged, enough.Token))
            .ToList();
        var notFound = 0;
        for (var round = 0; round < MaxSuspensions && servers.All[0].TooLate + notFound == 0; round++)
        {
            var earlier = acknowledged.Keys.ToHashSet();
            await SuspendedCreation.InjectAsync(
                servers.All[0], postgres.Primary, () => PauseReplicaAsync(postgres));
            var before = acknowledged.Count;
            await Eventually.IsTrueAsync(() => Task.FromResult(acknowledged.Count > before + 10));
            var later = acknowledged.Where(link => !earlier.Contains(link.Key)).ToList();
            notFound += await CountNotFoundAsync(servers.All[1].Process, later);
            await postgres.Replicas[0].ResumeReplayAsync();
        }

        await enough.CancelAsync();
        await Task.WhenAll(creations);
        Assert.Equal((isGuarded, !isGuarded), (servers.All[0].TooLate > 0, notFound > 0));
    }

    /// <summary>Waits until the replica has the current horizon of the primary, and pauses replay.</summary>
    private static async Task PauseReplicaAsync(PostgresCluster postgres)
    {
        var horizon = await postgres.Primary.ReadAsync(SuspendedCreation.SelectHorizon);
        await Eventually.IsTrueAsync(async () =>
            await postgres.Replicas[0].ReadAsync(SuspendedCreation.SelectHorizon) >= horizon);
        await postgres.Replicas[0].PauseReplayAsync();
    }

    private static async Task<int> CountNotFoundAsync(
        TerseProcess server, List<KeyValuePair<string, string>> acknowledged)
    {
        var notFound = 0;
        foreach (var (code, target) in acknowledged)
        {
            var found = await RetryingClient.FollowAsync(server, code);
            Assert.True(found is null || found == target);
            notFound += found is null ? 1 : 0;
        }

        return notFound;
    }

    private static async Task CreateAsync(
        TerseProcess server,
        int client,
        ConcurrentDictionary<string, string> acknowledged,
        CancellationToken enough)
    {
        for (var number = 0; !enough.IsCancellationRequested; number++)
        {
            var target = $"https://example.com/{client}/{number}";
            if (await server.CreateCodeAsync(target, CancellationToken.None) is { } code)
                Assert.True(acknowledged.TryAdd(code, target));
        }
    }
}
