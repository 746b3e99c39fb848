using Terse.Harness;

namespace Terse.FleetTool;

/// <summary>Starts the Terse servers of a fleet.</summary>
internal sealed class TerseServers(
    FleetFolder folder, FleetLayout layout, FleetProcesses processes, HttpProbe http)
{
    private static readonly string UsualProgram = Path.GetFullPath(Repository.Program);

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    /// <summary>Starts the servers that are not alive, and waits until all are ready.</summary>
    public async Task StartAsync()
    {
        foreach (var server in layout.ServerParts.Where(server => !processes.IsAlive(server)))
            Start(server);
        foreach (var server in layout.ServerParts)
        {
            if (!await processes.WaitAsync(server, Limit, () => http.IsReadyAsync(server)))
                throw folder.Failure(server.Name, "is not ready");
        }
    }

    /// <summary>
    /// Starts one server. Returns false if it is not ready for redirects and creations within the limit.
    /// </summary>
    public async Task<bool> StartAsync(FleetPart server, TimeSpan limit)
    {
        Start(server);
        return await BecomesReadyAsync(server, limit);
    }

    /// <summary>Returns false if a server is not ready for redirects and creations within the limit.
    /// </summary>
    public Task<bool> BecomesReadyAsync(FleetPart server, TimeSpan limit) =>
        processes.WaitAsync(server, limit, async () =>
            await http.IsReadyAsync(server) && await http.IsReadyAsync(server, "/readyz/creations"));

    private void Start(FleetPart server)
    {
        string[] zone = server.Zone is null ? [] : ["--Server:Zone", server.Zone];
        processes.Start(
            server,
            [
                layout.Programs.GetValueOrDefault(server.Name) ?? UsualProgram, "serve",
                "--urls", server.Address,
                "--data", folder[server.Name],
                "--Domains:Default", layout.Balancer.Authority,
                "--Domains:Scheme", "http",
                "--Drain:Delay", "00:00:02",
                "--Telemetry:MetricsUrl", $"http://{layout.MetricsOf(server)}",
                .. zone,
                .. PostgresCluster.SettingsOf(
                    layout.DatabaseParts.Select(host => PostgresServer.ConnectionStringBy(host.Port))),
            ]);
    }
}
