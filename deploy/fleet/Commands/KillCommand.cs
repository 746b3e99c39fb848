using System.CommandLine;
using Terse.Harness;
using Command = System.CommandLine.Command;

namespace Terse.FleetTool;

/// <summary>The command <c>kill</c>, which kills one part (SIGKILL) to try what happens.</summary>
internal static class KillCommand
{
    private static readonly Argument<string> Name = new("name")
    {
        Description = "The name of the part, as ./fleet status shows it.",
    };

    public static Command Create()
    {
        var command = new Command("kill", "Kills one part (SIGKILL).") { Name, FleetOptions.Data };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken interrupted)
    {
        using var fleet = await Fleet.OpenRunningAsync(
            arguments.GetValue(FleetOptions.Data)!, interrupted);
        using var changing = fleet.Lock();
        var name = arguments.GetValue(Name)!;
        var part = fleet.Layout.Parts.FirstOrDefault(part => part.Name == name)
            ?? throw new FleetException(
                $"There is no part {name}. The parts are: "
                + string.Join(' ', fleet.Layout.Parts.Select(part => part.Name)));
        // A killed Patroni leaves its PostgreSQL behind, which would stay a primary beside the new one.
        var database = part.Kind is PartKind.Database
            ? new DatabaseFolders(fleet.Folder, fleet.Layout).RunningProcessOf(part.Name)
            : null;
        int[] killed = [.. new[] { fleet.Processes.IdOf(part.Name), database }.OfType<int>().Distinct()];
        if (killed.Length == 0)
            throw new FleetException($"{part.Name} is not alive.");
        foreach (var process in killed)
            _ = ChildProcess.TrySignal(process, ChildProcess.SigKill);
        Messages.Say($"Killed {part.Name}, process {killed[0]}. To start it again: ./fleet up");
        return 0;
    }
}
