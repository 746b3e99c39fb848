using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>What befalls the servers of Terse, one of them at a time.</summary>
internal sealed class ServerFaults(PostgresCluster postgres, TestServers servers, int seed)
{
    private readonly Random _random = new(seed);

    public Fault[] All =>
    [
        new("server killed", 1, KillAsync),
        new("server stopped", 1, passAsync => servers.Any(_random).HaltAsync(passAsync)),
        new("server stopped between minting and inserting", 1, _ => HaltCreationAsync()),
        new("server cut off from the primary", 1, CutOffAsync),
    ];

    private async Task KillAsync(Func<Task> passAsync)
    {
        await servers.Any(_random).ReplaceAsync();
        await passAsync();
    }

    private Task HaltCreationAsync() =>
        HaltedCreation.SufferAsync(servers.Any(_random), postgres.Primary);

    private async Task CutOffAsync(Func<Task> passAsync)
    {
        var way = servers.Any(_random).Network.To(postgres.Primary);
        way.BlackHole();
        await passAsync();
        way.Forward();
    }
}
