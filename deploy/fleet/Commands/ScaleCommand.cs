using System.CommandLine;

namespace Terse.FleetTool;

/// <summary>The command <c>scale</c>, which adds and removes servers while the fleet runs.</summary>
internal static class ScaleCommand
{
    private static readonly Argument<int?> Servers = new("servers")
    {
        Description = "The number of servers.",
        CustomParser = argument => FleetOptions.ParseNumber(argument, "servers", 1, FleetLayout.MaxServers),
    };

    public static Command Create()
    {
        var command = new Command("scale", "Adds or removes servers; no request fails.")
        {
            Servers, FleetOptions.Data,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken interrupted)
    {
        using var fleet = await Fleet.OpenRunningAsync(
            arguments.GetValue(FleetOptions.Data)!, interrupted);
        using var changing = fleet.Lock();
        await new Scaling(fleet).ScaleAsync(arguments.GetValue(Servers)!.Value);
        await StatusTable.WriteAsync(fleet);
        return 0;
    }
}
