using System.Globalization;
using Terse.Harness;

namespace Terse.FleetTool;

/// <summary>
/// The process of a part, which continues when this program has ended. The file <c>run/NAME.pid</c> contains
/// its id, start time and boot, so that a later process with the same id is not mistaken for it.
/// </summary>
internal sealed class PartProcess(FleetFolder folder, string name)
{
    public string Name { get; } = name;

    public bool IsAlive => Id is not null;

    /// <summary>The id of the process; null if it is not alive.</summary>
    public int? Id
    {
        get
        {
            try
            {
                return File.ReadAllText(Note).TrimEnd('\n').Split(' ', 2) is [var id, var identity]
                    && int.TryParse(id, CultureInfo.InvariantCulture, out var process)
                    && ProcessState.Read(process) is { IsAlive: true } state
                    && state.Identity == identity
                        ? process
                        : null;
            }
            catch (IOException)
            {
                return null;
            }
        }
    }

    private string Note => folder.NoteOf(Name);

    /// <summary>
    /// Starts the process, and notes it. Signals end this program only between two calls, so no process
    /// starts without a note.
    /// </summary>
    public void Start(IEnumerable<string> command)
    {
        var process = DetachedProcess.Start(command, folder.LogOf(Name), folder.Path);
        var identity = ProcessState.Read(process)?.Identity;
        File.WriteAllText(Note, string.Create(CultureInfo.InvariantCulture, $"{process} {identity}\n"));
    }

    /// <summary>Sends a signal, and resumes the process if it is suspended.</summary>
    public void Signal(int signal)
    {
        if (Id is not { } process)
            return;
        _ = ChildProcess.TrySignal(process, signal);
        _ = ChildProcess.TrySignal(process, ChildProcess.SigCont);
    }

    public void Forget()
    {
        if (File.Exists(Note))
            File.Delete(Note);
    }
}
