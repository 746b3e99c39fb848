namespace Terse.Harness;

/// <summary>The faults that a test injects into Terse servers. Each fault affects only one server.</summary>
internal sealed class ServerFaults(PostgresCluster postgres, TestServers servers, int seed)
{
    /// <summary>The command-line option of a server whose codes contain no creation time.</summary>
    public const string RandomCodes = "--Codes:Strategy=random";

    private static readonly string Secret = $"--Codes:Secret={new string('s', 32)}";

    private readonly Random _random = new(seed);
    private bool _isOpaque;

    public Fault[] All =>
    [
        new("server killed", 1, KillAsync),
        new("server stopped", 1, waitAsync => servers.Any(_random).SuspendAsync(waitAsync)),
        new("server stopped between minting and inserting", 1, _ => SuspendCreationAsync()),
        new("server cut off from the primary", 1, CutOffAsync),
        new("opaque codes switched on or off", 1, SwitchOpaqueCodesAsync),
        new("TLS to the databases switched on or off", 1, SwitchTlsAsync),
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

    /// <summary>
    /// Restarts one server with opaque codes if the servers create plain codes, and the other way round. The
    /// other servers go on, and know of the switch only from the database. They get the new settings when a
    /// different fault restarts them. A server that creates random codes only gets the secret.
    /// </summary>
    private async Task SwitchOpaqueCodesAsync(Func<Task> waitAsync)
    {
        _isOpaque = !_isOpaque;
        foreach (var server in servers.All)
        {
            server.Settings = [.. server.Settings.Except([Secret, OpaqueOf(!_isOpaque)]), Secret];
            if (!server.Settings.Contains(RandomCodes))
                server.Settings = [.. server.Settings, OpaqueOf(_isOpaque)];
        }

        var switching = servers.All.Where(server => !server.Settings.Contains(RandomCodes)).ToArray();
        await switching[_random.Next(switching.Length)].ReplaceAsync();
        await waitAsync();
    }

    private async Task SwitchTlsAsync(Func<Task> waitAsync)
    {
        var server = servers.Any(_random);
        server.UsesTls = !server.UsesTls;
        await server.ReplaceAsync();
        await waitAsync();
    }

    private static string OpaqueOf(bool isOpaque) => $"--Codes:Opaque={isOpaque}";
}
