using System.Diagnostics;
using System.Globalization;

namespace Terse.Bench;

/// <summary>Reads how many resources a process has used.</summary>
internal static class ProcessUsage
{
    /// <summary>
    /// Returns the processor time that all threads of a process have used, in user mode and in the kernel.
    /// </summary>
    public static TimeSpan CpuTime(int process)
    {
        using var counted = Process.GetProcessById(process);
        return counted.TotalProcessorTime;
    }

    /// <summary>Returns the processor time of all living child processes of a process.</summary>
    public static TimeSpan CpuTimeOfChildren(int process) =>
        Directory.EnumerateDirectories("/proc")
            .Select(folder => Path.GetFileName(folder))
            .Where(name => name.All(char.IsAsciiDigit))
            .Select(name => int.Parse(name, CultureInfo.InvariantCulture))
            .Where(id => IsChild(id, process))
            .Select(CpuTimeOrZero)
            .Aggregate(TimeSpan.Zero, (sum, time) => sum + time);

    private static TimeSpan CpuTimeOrZero(int process)
    {
        try
        {
            return CpuTime(process);
        }
        catch (ArgumentException)
        {
            return TimeSpan.Zero; // The process has ended.
        }
    }

    private static bool IsChild(int process, int parent)
    {
        try
        {
            // The name of the program, in parentheses, may contain spaces.
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture)
                == parent;
        }
        catch (IOException)
        {
            return false; // The process has ended.
        }
    }

    public static long ResidentBytes(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status")
            .Single(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
        var kibibytes = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        return long.Parse(kibibytes, CultureInfo.InvariantCulture) * 1024;
    }
}
