using System.CommandLine;

namespace Terse.FleetTool;

/// <summary>
/// The commands <c>pause</c> and <c>resume</c>, which suspend a part, or all parts of a zone, to try what
/// happens when they do not answer.
/// </summary>
internal static class PauseCommands
{
    private static readonly Argument<string> Name = new("name")
    {
        Description = "The name of a part, or a zone, as ./fleet status shows them.",
    };

    public static Command CreatePause() => Create(
        "pause",
        "Suspends a part, or all parts of a zone (SIGSTOP).",
        Pausing.Pause,
        name => $"Paused {name}. To resume it: ./fleet resume {name}");

    public static Command CreateResume() => Create(
        "resume",
        "Resumes a part, or all parts of a zone (SIGCONT).",
        Pausing.Resume,
        name => $"Resumed {name}.");

    private static Command Create(
        string command,
        string description,
        Action<Fleet, IEnumerable<FleetPart>> act,
        Func<string, string> report)
    {
        var created = new Command(command, description) { Name, FleetOptions.Data };
        created.SetAction(async (arguments, interrupted) =>
        {
            using var fleet = await Fleet.OpenRunningAsync(
                arguments.GetValue(FleetOptions.Data)!, interrupted);
            using var changing = fleet.Lock();
            var name = arguments.GetValue(Name)!;
            act(fleet, Find(fleet.Layout, name));
            Messages.Say(report(name));
            return 0;
        });
        return created;
    }

    private static List<FleetPart> Find(FleetLayout layout, string name)
    {
        var parts = layout.Parts.Where(part => part.Name == name || part.Zone == name).ToList();
        return parts.Count > 0
            ? parts
            : throw new FleetException(
                $"There is no part and no zone {name}. The parts are: "
                + string.Join(' ', layout.Parts.Select(part => part.Name)));
    }
}
