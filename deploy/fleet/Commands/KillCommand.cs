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
        if (fleet.Processes.IdOf(part.Name) is not { } process)
            throw new FleetException($"{part.Name} is not alive.");
        // A killed Patroni leaves its PostgreSQL behind, which would stay a primary beside the new one.
        var database = part.Kind is PartKind.Database
            ? new DatabaseFolders(fleet.Folder, fleet.Layout).ProcessOf(part.Name)
            : null;
        _ = ChildProcess.TrySignal(process, ChildProcess.SigKill);
        if (database is { } postgres)
            _ = ChildProcess.TrySignal(postgres, ChildProcess.SigKill);
        Messages.Say($"Killed {part.Name}, process {process}. To start it again: ./fleet up");
        return 0;
    }
}
