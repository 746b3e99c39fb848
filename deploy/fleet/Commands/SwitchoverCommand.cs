using System.CommandLine;

namespace Terse.FleetTool;

/// <summary>The command <c>switchover</c>, which makes a replica the primary, as planned work does.</summary>
internal static class SwitchoverCommand
{
    private static readonly Option<string?> To = new("--to")
    {
        Description = "The replica that becomes the primary, such as db2; by default, any that follows.",
    };

    public static Command Create()
    {
        var command = new Command("switchover", "Makes a replica the primary; nothing is lost.")
        {
            To, FleetOptions.Data,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken interrupted)
    {
        using var fleet = await Fleet.OpenRunningAsync(
            arguments.GetValue(FleetOptions.Data)!, interrupted);
        using var changing = fleet.Lock();
        await new Switchover(fleet).RunAsync(arguments.GetValue(To));
        await StatusTable.WriteAsync(fleet);
        return 0;
    }
}
