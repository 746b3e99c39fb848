namespace Terse.FleetTool;

/// <summary>
/// Replaces the servers of a running fleet, one at a time. If a new server is not ready in time, or is worse
/// than the others, all servers that were replaced go back to their program, and the roll fails.
/// </summary>
/// <param name="fleet">The fleet.</param>
/// <param name="program">The program that all servers get; null to start the present ones again.</param>
internal sealed class Roll(Fleet fleet, string? program)
{
    private const int WatchSeconds = 10;

    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(30);

    /// <summary>How long a server that was ready may be unready, for example while a primary is replaced.
    /// </summary>
    private static readonly TimeSpan UnreadyLimit = TimeSpan.FromSeconds(10);

    public async Task RunAsync()
    {
        var before = fleet.Layout;
        var replaced = new Stack<FleetPart>();
        foreach (var server in fleet.Layout.ServerParts)
        {
            var present = before.Programs.GetValueOrDefault(server.Name);
            replaced.Push(server);
            if (await ReplaceAsync(server, program ?? present) is not { } reason)
                continue;
            Messages.Say($"{server.Name} {reason}. The replaced servers go back.");
            foreach (var back in replaced)
            {
                if (await StartAgainAsync(back, before.Programs.GetValueOrDefault(back.Name)) is { } failure)
                    throw fleet.Folder.Failure(back.Name, failure);
            }

            throw new FleetException(
                $"The roll stopped at {server.Name}, which {reason}. All servers run as before.");
        }
    }

    /// <summary>Replaces a server and watches the new one. Returns why it is refused; null if it stays.
    /// </summary>
    private async Task<string?> ReplaceAsync(FleetPart server, string? path)
    {
        if (await StartAgainAsync(server, path) is { } failure)
            return failure;
        Messages.Say($"Watching {server.Name}");
        using var watch = new ServerWatch(fleet.Layout);
        var windows = await watch.WatchAsync(
            server, WatchSeconds, () => fleet.Processes.IsAlive(server), fleet.Processes.Interrupted);
        if (!fleet.Processes.IsAlive(server))
            return "has ended";
        return RollWindow.Refuse(windows)
            ?? (await fleet.Servers.BecomesReadyAsync(server, UnreadyLimit) ? null : "is no longer ready");
    }

    private async Task<string?> StartAgainAsync(FleetPart server, string? path)
    {
        await fleet.Balancer.DrainAsync(server);
        await fleet.Processes.StopAsync(server);
        fleet.Store(fleet.Layout.WithProgram(server, path));
        if (!await fleet.Servers.StartAsync(server, ReadyLimit))
            return "did not become ready within 30 s";
        await fleet.Balancer.AdmitAsync(server);
        return null;
    }
}
