using System.Globalization;
using Terse.Commands;
using Scrapes = System.Collections.Generic.IReadOnlyDictionary<string, Terse.Commands.Scrape>;

namespace Terse.FleetTool;

/// <summary>
/// Measures how busy the servers of a running fleet are, and adds or removes servers as a policy decides.
/// </summary>
/// <param name="path">The folder of the fleet. Other commands may change the fleet meanwhile.</param>
/// <param name="policy">The policy.</param>
/// <param name="interval">How long to measure for a decision.</param>
internal sealed class Autoscaler(string path, ScalePolicy policy, TimeSpan interval)
{
    private readonly long _start = TimeProvider.System.GetTimestamp();

    private ScaleHistory _history = ScaleHistory.Start;

    /// <summary>Repeats until the user interrupts.</summary>
    public async Task RunAsync(CancellationToken interrupted)
    {
        using var timer = new PeriodicTimer(interval, TimeProvider.System);
        while (true)
            await RunOnceAsync(timer, interrupted);
    }

    private async Task RunOnceAsync(PeriodicTimer timer, CancellationToken interrupted)
    {
        using var fleet = await Fleet.OpenRunningAsync(path, interrupted);
        using var watch = new ServerWatch(fleet.Layout);
        var before = await watch.ReadAsync(interrupted);
        await timer.WaitForNextTickAsync(interrupted);
        var after = await watch.ReadAsync(interrupted);
        if (CpuOf(before, after) is { } cpu)
            await ScaleAsync(fleet, cpu);
    }

    /// <summary>
    /// Returns how busy the servers were, on average, in percent of one processor; null if no server could be
    /// read twice.
    /// </summary>
    private static double? CpuOf(Scrapes before, Scrapes after)
    {
        var shares = after
            .Where(scrape => before.ContainsKey(scrape.Key))
            .Select(scrape => CpuOf(before[scrape.Key], scrape.Value))
            .ToList();
        return shares.Count > 0 ? shares.Average() : null;
    }

    private static double CpuOf(Scrape before, Scrape after) =>
        100 * after.Growth(before, "dotnet_process_cpu_time_seconds_total")
        / TimeProvider.System.GetElapsedTime(before.ReadAt, after.ReadAt).TotalSeconds;

    private async Task ScaleAsync(Fleet fleet, double cpu)
    {
        var servers = fleet.Layout.Servers;
        var now = TimeProvider.System.GetElapsedTime(_start);
        var decision = policy.WithZones(fleet.Layout.Zones.Length).Decide(_history, now, servers, cpu);
        if (decision.Servers == servers)
        {
            _history = decision.History;
            return;
        }

        using var changing = fleet.TryLock();
        if (changing is null || fleet.Layout.Servers != servers)
            return; // Another command changes the fleet; measure again.
        Messages.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"The servers are {cpu:0} % busy: {servers} servers become {decision.Servers}"));
        await new Scaling(fleet).ScaleAsync(decision.Servers);
        _history = ScaleHistory.ChangedAt(TimeProvider.System.GetElapsedTime(_start));
    }
}
