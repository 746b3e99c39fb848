using System.CommandLine;

namespace Terse.FleetTool;

/// <summary>The command <c>autoscale</c>, which adds and removes servers by load until it is interrupted.
/// </summary>
internal static class AutoscaleCommand
{
    private static readonly Option<int?> Min =
        FleetOptions.Number("--min", 1, FleetLayout.MaxServers, "The least number of servers. [default: 2]");

    private static readonly Option<int?> Max =
        FleetOptions.Number("--max", 1, FleetLayout.MaxServers, "The greatest number. [default: 5]");

    private static readonly Option<int?> Cpu =
        FleetOptions.Number("--cpu", 1, 100, "How busy a server should be, in percent. [default: 60]");

    private static readonly Option<int?> Interval =
        FleetOptions.Number("--interval", 1, 600, "How many seconds to measure. [default: 5]");

    private static readonly Option<int?> CoolDown =
        FleetOptions.Number("--cool-down", 1, 3600, "How many seconds a change waits. [default: 60]");

    public static Command Create()
    {
        var command = new Command("autoscale", "Adds and removes servers by load, until Ctrl+C.")
        {
            Min, Max, Cpu, Interval, CoolDown, FleetOptions.Data,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken interrupted)
    {
        var path = arguments.GetValue(FleetOptions.Data)!;
        var policy = new ScalePolicy(
            arguments.GetValue(Min) ?? 2,
            arguments.GetValue(Max) ?? 5,
            arguments.GetValue(Cpu) ?? 60,
            TimeSpan.FromSeconds(arguments.GetValue(CoolDown) ?? 60));
        using (var fleet = await Fleet.OpenRunningAsync(path, interrupted))
            _ = policy.WithZones(fleet.Layout.Zones.Length);
        await new Autoscaler(path, policy, TimeSpan.FromSeconds(arguments.GetValue(Interval) ?? 5))
            .RunAsync(interrupted);
        return 0;
    }
}
