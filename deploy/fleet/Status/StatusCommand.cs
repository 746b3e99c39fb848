using System.CommandLine;

namespace Terse.FleetTool;

/// <summary>The command <c>status</c>, which shows the parts of a fleet.</summary>
internal static class StatusCommand
{
    private static readonly Option<bool> Json = new("--json") { Description = "Prints JSON." };

    public static Command Create()
    {
        var command = new Command("status", "Shows the parts. The exit code is 0 if all are alive.")
        {
            Json, FleetOptions.Data,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken interrupted)
    {
        using var fleet = await Fleet.OpenAsync(arguments.GetValue(FleetOptions.Data)!, interrupted);
        if (!fleet.Exists)
            Messages.Say($"There is no fleet in {fleet.Folder.Path}.");
        if (arguments.GetValue(Json))
            await StatusJson.WriteAsync(fleet);
        else
            await StatusTable.WriteAsync(fleet);
        return fleet.Layout.Parts.All(fleet.Processes.IsAlive) ? 0 : 1;
    }
}
