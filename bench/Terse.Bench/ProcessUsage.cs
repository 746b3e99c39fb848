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

    public static long ResidentBytes(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status")
            .Single(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
        var kibibytes = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        return long.Parse(kibibytes, CultureInfo.InvariantCulture) * 1024;
    }
}
