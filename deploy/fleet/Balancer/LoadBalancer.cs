using Terse.Harness;

namespace Terse.FleetTool;

/// <summary>Starts HAProxy, which distributes requests over the servers that are ready.</summary>
internal sealed class LoadBalancer(
    FleetFolder folder, FleetLayout layout, FleetProcesses processes, HttpProbe http)
{
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(20);

    /// <summary>After a failover, the servers need up to some seconds to find the new primary.</summary>
    private static readonly TimeSpan LinkLimit = TimeSpan.FromSeconds(30);

    /// <summary>Longer than the longest request: a creation may wait 15 s for a primary.</summary>
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(25);

    public async Task StartAsync()
    {
        var balancer = layout.Balancer;
        if (!processes.IsAlive(balancer))
        {
            await File.WriteAllTextAsync(folder["haproxy.cfg"], await ConfigureAsync());
            processes.Start(balancer, "haproxy", "-db", "-f", folder["haproxy.cfg"]);
        }
        else if (File.Exists(folder[BalancerSocket.Path]))
        {
            // A command that was interrupted may have left a server drained.
            foreach (var server in layout.ServerParts)
                await SetAsync(server, "state ready");
        }

        if (!await processes.WaitAsync(balancer, ReadyLimit, () => http.IsReadyAsync(balancer)))
            throw folder.Failure(balancer.Name, "reaches no server");
        if (!await processes.WaitAsync(balancer, LinkLimit, () => http.RedirectsAsync(balancer)))
            throw folder.Failure(balancer.Name, "runs, but no link can be created and followed");
    }

    /// <summary>Sends no new requests to a server, and waits until it has answered the running
    /// ones.</summary>
    public async Task DrainAsync(FleetPart server)
    {
        await SetAsync(server, "state drain");
        await WaitAsync(server, DrainLimit, row => row.RunningRequests == 0, "still has running requests");
    }

    /// <summary>Sends requests to a server, which is ready, from now on.</summary>
    public async Task AdmitAsync(FleetPart server)
    {
        await SetAsync(server, $"addr 127.0.0.1 port {server.Port}");
        await SetAsync(server, "state ready");
        await WaitAsync(server, ReadyLimit, row => row.Status == "UP", "is not ready for the balancer");
    }

    /// <summary>Marks a server that is no longer part of the fleet.</summary>
    public static Task RemoveAsync(FleetPart server) => SetAsync(server, "state maint");

    private static async Task SetAsync(FleetPart server, string change)
    {
        foreach (var backend in BalancerSocket.Backends)
            await BalancerSocket.SendAsync($"set server {backend}/{server.Name} {change}");
    }

    private async Task WaitAsync(
        FleetPart server, TimeSpan limit, Func<BalancerRow, bool> condition, string complaint)
    {
        if (!await processes.WaitAsync(layout.Balancer, limit, async () =>
                (await BalancerSocket.ReadAsync(server.Name)).All(condition)))
        {
            throw new FleetException($"{server.Name} {complaint}.");
        }
    }

    /// <summary>
    /// Writes the configuration. It has a place for each server that <c>./fleet scale</c> can add.
    /// </summary>
    private async Task<string> ConfigureAsync()
    {
        var template = await File.ReadAllTextAsync(
            Path.Combine(Repository.Root, "deploy/fleet/Balancer/haproxy.cfg"), processes.Interrupted);
        var servers = layout.ServerParts.Select(server => $"server {server.Name} {server.Authority}");
        var places = from number in Enumerable.Range(1, FleetLayout.MaxServers).Skip(layout.Servers)
                     select $"server server{number} 127.0.0.1:1 disabled";
        return template
            .Replace("@PORT@", $"{layout.Balancer.Port}", StringComparison.Ordinal)
            .Replace("@SOCKET@", "unix@" + BalancerSocket.Path, StringComparison.Ordinal)
            .Replace("@SERVERS@", string.Join("\n    ", servers.Concat(places)), StringComparison.Ordinal);
    }
}
