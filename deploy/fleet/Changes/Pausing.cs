using Terse.Harness;

namespace Terse.FleetTool;

/// <summary>
/// Suspends parts (SIGSTOP), and resumes them (SIGCONT). A suspended part keeps its connections, and the
/// kernel accepts new ones for it, but nobody answers, as when a zone loses its network or its power.
/// </summary>
internal static class Pausing
{
    public static void Pause(Fleet fleet, IEnumerable<FleetPart> parts)
    {
        foreach (var process in ProcessesOf(fleet, parts))
            ChildProcess.SuspendFamily(process);
    }

    public static void Resume(Fleet fleet, IEnumerable<FleetPart> parts)
    {
        foreach (var process in ProcessesOf(fleet, parts))
            ChildProcess.SignalFamily(process, ChildProcess.SigCont);
    }

    /// <summary>The processes of the parts that are alive, and the PostgreSQL of each Patroni.</summary>
    private static List<int> ProcessesOf(Fleet fleet, IEnumerable<FleetPart> parts)
    {
        var folders = new DatabaseFolders(fleet.Folder, fleet.Layout);
        return
        [
            .. (from part in parts
                from process in new[]
                {
                    fleet.Processes.IdOf(part.Name),
                    part.Kind is PartKind.Database ? folders.RunningProcessOf(part.Name) : null,
                }
                where process is not null
                select process.Value).Distinct(),
        ];
    }
}
