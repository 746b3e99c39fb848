using System.Globalization;

namespace Terse.Harness;

/// <summary>What <c>/proc/PID/stat</c> says about a process (proc(5)).</summary>
/// <param name="Parent">The process id of the parent.</param>
/// <param name="IsAlive">False for a process that has ended, and that its parent has not waited for.</param>
/// <param name="StartTime">When the process started, in clock ticks since the boot.</param>
internal sealed record ProcessState(int Parent, bool IsAlive, string StartTime)
{
    private static readonly Lazy<string> Boot = new(static () =>
        File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim());

    /// <summary>
    /// The start time and the id of the boot. The process id and this text together are unique: a later
    /// process with the same id has another text, also after a reboot.
    /// </summary>
    public string Identity => $"{StartTime} {Boot.Value}";

    /// <summary>Returns null if there is no process with this id.</summary>
    public static ProcessState? Read(int process)
    {
        try
        {
            var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat"));
            // The state follows the program's name in parentheses. Field 20 from the state is the start time.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return new(
                int.Parse(fields[1], CultureInfo.InvariantCulture),
                fields[0] is not ("Z" or "X"),
                fields[19]);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
