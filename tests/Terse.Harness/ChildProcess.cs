using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Terse.Harness;

/// <summary>Signals to processes that were started here, by their id.</summary>
internal static partial class ChildProcess
{
    public const int SigInt = 2;
    public const int SigTerm = 15;
    public const int SigCont = 18;
    public const int SigStop = 19;

    private static readonly ConcurrentBag<Process> Started = [];

    /// <summary>Signals end this process without an exit that could be seen (.NET 10).</summary>
    private static readonly PosixSignalRegistration[] Ends =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => EndAll()),
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, _ => EndAll()),
    ];

    /// <summary>
    /// Sees to it that a process ends with this one at the latest. A runner that is told to stop, as at a
    /// time limit, disposes nothing.
    /// </summary>
    public static void EndWithThis(Process process)
    {
        if (Started.IsEmpty)
            AppDomain.CurrentDomain.ProcessExit += (_, _) => EndAll();
        Started.Add(process);
        GC.KeepAlive(Ends);
    }

    /// <exception cref="InvalidOperationException">There is no such process, or it is not ours.</exception>
    public static void Signal(Process process, int signal)
    {
        if (Kill(process.Id, signal) != 0)
            throw new InvalidOperationException($"Process {process.Id} took no signal {signal}.");
    }

    /// <summary>
    /// Signals a process and all that it started itself; those that have just ended do not count.
    /// </summary>
    public static void SignalFamily(Process process, int signal)
    {
        Signal(process, signal);
        foreach (var child in Directory.GetDirectories("/proc").Where(folder => IsChild(folder, process.Id)))
            _ = Kill(int.Parse(Path.GetFileName(child), CultureInfo.InvariantCulture), signal);
    }

    private static void EndAll()
    {
        foreach (var process in Started)
            EndFamily(process);
    }

    private static void EndFamily(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended, and is disposed.
        }
    }

    /// <summary>After the name, in parentheses, come the state and the parent (proc(5), stat).</summary>
    private static bool IsChild(string folder, int parent)
    {
        if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out _))
            return false;
        try
        {
            var stat = File.ReadAllText(Path.Combine(folder, "stat"));
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return int.Parse(fields[1], CultureInfo.InvariantCulture) == parent;
        }
        catch (IOException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int process, int signal);
}
