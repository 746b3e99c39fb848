using System.CommandLine;

namespace Terse.FleetTool;

/// <summary>The command <c>down</c>, which stops a fleet and keeps its data.</summary>
internal static class DownCommand
{
    public static Command Create()
    {
        var command = new Command("down", "Stops the fleet and keeps the data.") { FleetOptions.Data };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken interrupted)
    {
        using var fleet = await Fleet.OpenAsync(arguments.GetValue(FleetOptions.Data)!, interrupted);
        if (!fleet.Exists)
        {
            Messages.Say($"There is no fleet in {fleet.Folder.Path}.");
            return 0;
        }

        using var changing = fleet.Lock();
        Pausing.Resume(fleet, fleet.Layout.Parts); // A paused database would not stop cleanly.
        await fleet.Processes.StopAsync(fleet.Layout.Parts, fleet.IsReplica, interrupted);
        if (fleet.Layout.HasPatroni)
            await fleet.Patroni.StopOrphansAsync();
        return 0;
    }
}
