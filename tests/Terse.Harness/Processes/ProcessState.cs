using System.Globalization;

namespace Terse.Harness;

/// <summary>What <c>/proc/PID/stat</c> says about a process or one of its threads (proc(5)).</summary>
/// <param name="State">The state, a letter: <c>T</c> is stopped, <c>Z</c> has ended.</param>
/// <param name="Parent">The process id of the parent.</param>
/// <param name="StartTime">When the process started, in clock ticks since the boot.</param>
internal sealed record ProcessState(char State, int Parent, string StartTime)
{
    private static readonly Lazy<string> Boot = new(static () =>
        File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim());

    /// <summary>False for a process that has ended, and that its parent has not waited for.</summary>
    public bool IsAlive => State is not ('Z' or 'X');

    /// <summary>False if the process or the thread runs, or can run again without a signal.</summary>
    public bool IsStopped => State is 'T' or 't' or 'Z' or 'X';

    /// <summary>
    /// The start time and the id of the boot. The process id and this text together are unique: a later
    /// process with the same id has another text, also after a reboot.
    /// </summary>
    public string Identity => $"{StartTime} {Boot.Value}";

    /// <summary>Returns null if there is no process with this id.</summary>
    public static ProcessState? Read(int process) =>
        Read(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}"));

    /// <summary>Returns the states of the threads of a process; none if it has ended.</summary>
    public static IEnumerable<ProcessState> ReadThreads(int process)
    {
        var folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/task");
        return Directory.Exists(folder)
            ? Directory.GetDirectories(folder).Select(Read).OfType<ProcessState>()
            : [];
    }

    private static ProcessState? Read(string folder)
    {
        try
        {
            var stat = File.ReadAllText(Path.Combine(folder, "stat"));
            // The state follows the program's name in parentheses. Field 20 from the state is the start time.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return new(fields[0][0], int.Parse(fields[1], CultureInfo.InvariantCulture), fields[19]);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
