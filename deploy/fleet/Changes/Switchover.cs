namespace Terse.FleetTool;

/// <summary>
/// Makes a replica the primary. The primary stops cleanly, so that the replica receives all of its log, and
/// then follows as a replica. Creations wait meanwhile, and nothing is lost.
/// </summary>
internal sealed class Switchover(Fleet fleet)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly DatabaseFolders _folders = new(fleet.Folder, fleet.Layout);

    public async Task RunAsync(string? to)
    {
        if (fleet.Layout.HasPatroni)
        {
            await fleet.Patroni.SwitchAsync(to);
            return;
        }

        var (primary, successor) = await ChooseAsync(to);
        Messages.Say($"{successor.Name} takes over from {primary.Name}");
        // With its buffers on disk, the primary stops quickly.
        await Replication.AskAsync(primary, "CHECKPOINT");
        await fleet.Processes.StopAsync(primary);
        await PromoteAsync(successor, primary);
        _folders.MakeReplica(primary.Name);
        // Starts the former primary, and makes it and the other replicas follow the new primary.
        await fleet.Databases.StartAsync();
    }

    private async Task<(FleetPart Primary, FleetPart Successor)> ChooseAsync(string? to)
    {
        var states = await Task.WhenAll(fleet.Layout.DatabaseParts.Select(host =>
            PartStatus.ReadAsync(fleet, host)));
        List<FleetPart> HostsIn(string role) =>
            [.. states.Where(state => state.Role == role).Select(state => state.Part)];

        var primary = HostsIn("primary") switch
        {
            [var only] => only,
            [] => throw new FleetException("No database is the primary; repair the fleet: ./fleet up"),
            _ => throw new FleetException("Several databases are primary; repair the fleet: ./fleet up"),
        };
        var replicas = HostsIn("replica");
        if (to is not null && replicas.TrueForAll(replica => replica.Name != to))
        {
            throw new FleetException(
                $"{to} is no replica that is alive. The replicas are: "
                + string.Join(' ', replicas.Select(replica => replica.Name)));
        }

        var timeline = (await _folders.ReadStateAsync(primary.Name)).Timeline;
        foreach (var replica in replicas.Where(replica => to is null || replica.Name == to))
        {
            if (await Replication.StreamsAsync(replica, primary, timeline))
                return (primary, replica);
        }

        throw new FleetException($"No such replica follows {primary.Name}; repair the fleet: ./fleet up");
    }

    /// <summary>Promotes the replica when it has all of the log. If it has not, the primary starts again.
    /// </summary>
    private async Task PromoteAsync(FleetPart successor, FleetPart primary)
    {
        var end = await _folders.ReadCheckpointAsync(primary.Name);
        if (!await fleet.Processes.WaitAsync(successor, Limit, async () => await Replication.AskAsync(
                successor, $"SELECT (pg_last_wal_replay_lsn() > '{end}')::text") is "true"))
        {
            await fleet.Databases.StartAsync();
            throw new FleetException(
                $"{successor.Name} has not received all of the log, so {primary.Name} is the primary again.");
        }

        await Replication.AskAsync(successor, "SELECT pg_promote()");
        if (!await fleet.Processes.WaitAsync(successor, Limit, async () =>
                await Replication.RoleOfAsync(successor) is "primary"))
        {
            throw fleet.Folder.Failure(successor.Name, "was not promoted");
        }
    }
}
