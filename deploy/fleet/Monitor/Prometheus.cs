using Terse.Harness;

namespace Terse.FleetTool;

/// <summary>
/// Starts a Prometheus with the rules and alerts of <c>deploy/prometheus</c>. Its samples are in the folder
/// <c>prometheus</c>.
/// </summary>
internal sealed class Prometheus(
    FleetFolder folder, FleetLayout layout, FleetProcesses processes, HttpProbe http)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public async Task StartAsync()
    {
        if (layout.Monitor is not { } monitor)
            return;
        if (!processes.IsAlive(monitor))
        {
            await ConfigureAsync();
            processes.Start(
                monitor,
                "prometheus",
                $"--config.file={folder["prometheus.yml"]}",
                $"--storage.tsdb.path={folder["prometheus"]}",
                $"--web.listen-address={monitor.Authority}");
        }

        if (!await processes.WaitAsync(monitor, Limit, () => http.IsReadyAsync(monitor, "/-/ready")))
            throw folder.Failure(monitor.Name, "is not ready");
    }

    /// <summary>Makes a running Prometheus read the list of servers again.</summary>
    public async Task ReloadAsync()
    {
        if (layout.Monitor is not { } monitor || processes.IdOf(monitor.Name) is not { } process)
            return;
        await ConfigureAsync();
        _ = ChildProcess.TrySignal(process, ChildProcess.SigHup);
    }

    private async Task ConfigureAsync()
    {
        if (Directory.Exists(folder["rules"])) // A later version may name its files otherwise.
            Directory.Delete(folder["rules"], recursive: true);
        Directory.CreateDirectory(folder["rules"]);
        var rules = Path.Combine(Repository.Root, "deploy/prometheus");
        foreach (var file in Directory.GetFiles(rules, "*.rules.yml"))
            File.Copy(file, Path.Combine(folder["rules"], Path.GetFileName(file)));
        var template = await File.ReadAllTextAsync(
            Path.Combine(Repository.Root, "deploy/fleet/Monitor/prometheus.yml"), processes.Interrupted);
        var targets = string.Join(", ", layout.ServerParts.Select(server => $"'{layout.MetricsOf(server)}'"));
        await File.WriteAllTextAsync(
            folder["prometheus.yml"], template.Replace("@TARGETS@", targets, StringComparison.Ordinal));
    }
}
