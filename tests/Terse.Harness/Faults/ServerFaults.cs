namespace Terse.Harness;

/// <summary>The faults that a test injects into Terse servers. Each fault affects only one server.</summary>
internal sealed class ServerFaults(PostgresCluster postgres, TestServers servers, int seed)
{
    private readonly Random _random = new(seed);

    public Fault[] All =>
    [
        new("server killed", 1, KillAsync),
        new("server stopped", 1, waitAsync => servers.Any(_random).SuspendAsync(waitAsync)),
        new("server stopped between minting and inserting", 1, _ => SuspendCreationAsync()),
        new("server cut off from the primary", 1, CutOffAsync),
    ];

    private async Task KillAsync(Func<Task> waitAsync)
    {
        await servers.Any(_random).ReplaceAsync();
        await waitAsync();
    }

    private Task SuspendCreationAsync() =>
        SuspendedCreation.InjectAsync(servers.Any(_random), postgres.Primary);

    private async Task CutOffAsync(Func<Task> waitAsync)
    {
        var proxy = servers.Any(_random).Network.To(postgres.Primary);
        proxy.BlackHole();
        await waitAsync();
        proxy.Forward();
    }
}
