namespace Terse.FleetTool;

/// <summary>
/// Adds and removes servers. A new server gets requests when it is ready. A removed server first gets no new
/// requests, and stops when it has answered the running ones. So no request fails.
/// </summary>
internal sealed class Scaling(Fleet fleet)
{
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(90);

    public async Task ScaleAsync(int servers)
    {
        var before = fleet.Layout.ServerParts.ToList();
        if (servers > before.Count)
            await AddAsync(servers);
        foreach (var server in before.Skip(servers).Reverse())
            await RemoveAsync(server);
        if (servers != before.Count)
            await fleet.Monitor.ReloadAsync();
    }

    private async Task AddAsync(int servers)
    {
        var before = fleet.Layout;
        fleet.Note(before with { Servers = servers });
        try
        {
            foreach (var server in fleet.Layout.ServerParts.Skip(before.Servers))
            {
                if (!await fleet.Servers.StartAsync(server, ReadyLimit))
                    throw fleet.Folder.Failure(server.Name, "is not ready");
                await fleet.Balancer.AdmitAsync(server);
            }
        }
        catch
        {
            foreach (var server in fleet.Layout.ServerParts.Skip(before.Servers))
                await LoadBalancer.RemoveAsync(server);
            await fleet.Processes.UndoAsync(fleet.IsReplica);
            fleet.Store(before);
            throw;
        }
    }

    private async Task RemoveAsync(FleetPart server)
    {
        await fleet.Balancer.DrainAsync(server);
        await fleet.Processes.StopAsync(server);
        await LoadBalancer.RemoveAsync(server);
        var layout = fleet.Layout.WithProgram(server, program: null);
        fleet.Store(layout with { Servers = layout.Servers - 1 });
    }
}
