using System.Collections.Concurrent;
using Terse.Harness;

namespace Terse.ClusterTests;

public sealed class HaltedCreationTests
{
    /// <summary>A server that goes on too late gives up on its creations; then once more.</summary>
    private const int MaxHalts = 10;

    [Fact]
    public async Task An_id_that_the_horizon_passed_while_its_server_stood_still_is_minted_again()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var fleet = await Fleet.StartAsync(postgres, servers: 2);
        var (halted, other) = (fleet.Servers[0], fleet.Servers[1]);
        var acknowledged = new ConcurrentDictionary<string, string>();
        using var enough = new CancellationTokenSource();
        var creations = Enumerable.Range(1, 4)
            .Select(client => CreateAsync(halted.Process, client, acknowledged, enough.Token))
            .ToList();
        for (var halt = 0; halt < MaxHalts && halted.TooLate == 0; halt++)
        {
            await HaltedCreation.SufferAsync(halted, postgres.Primary);
            var before = acknowledged.Count;
            await Eventually.IsSoAsync(() => Task.FromResult(acknowledged.Count > before + 10));
        }

        await enough.CancelAsync();
        await Task.WhenAll(creations);

        Assert.NotEqual(0, halted.TooLate);
        foreach (var (code, target) in acknowledged)
            Assert.Equal(target, await Patient.FollowAsync(other.Process, code));
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
