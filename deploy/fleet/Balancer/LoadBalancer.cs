using Terse.Harness;

namespace Terse.FleetTool;

/// <summary>Starts HAProxy, which distributes requests over the servers that are ready.</summary>
internal sealed class LoadBalancer(
    FleetFolder folder, FleetLayout layout, FleetProcesses processes, HttpProbe http)
{
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(20);

    /// <summary>After a failover, the servers need up to some seconds to find the new primary.</summary>
    private static readonly TimeSpan LinkLimit = TimeSpan.FromSeconds(30);

    public async Task StartAsync()
    {
        var balancer = layout.Balancer;
        if (!processes.IsAlive(balancer))
        {
            await File.WriteAllTextAsync(folder["haproxy.cfg"], await ConfigureAsync());
            processes.Start(balancer, "haproxy", "-db", "-f", folder["haproxy.cfg"]);
        }

        if (!await processes.WaitAsync(balancer, ReadyLimit, () => http.IsReadyAsync(balancer)))
            throw folder.Failure(balancer.Name, "reaches no server");
        if (!await processes.WaitAsync(balancer, LinkLimit, () => http.RedirectsAsync(balancer)))
            throw folder.Failure(balancer.Name, "runs, but no link can be created and followed");
    }

    private async Task<string> ConfigureAsync()
    {
        var template = await File.ReadAllTextAsync(
            Path.Combine(Repository.Root, "deploy/fleet/Balancer/haproxy.cfg"), processes.Interrupted);
        var servers = layout.ServerParts.Select(server => $"server {server.Name} {server.Authority}");
        return template
            .Replace("@PORT@", $"{layout.Balancer.Port}", StringComparison.Ordinal)
            .Replace("@SERVERS@", string.Join("\n    ", servers), StringComparison.Ordinal);
    }
}
