using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Terse.Harness;

/// <summary>Sends signals to processes that this process started, addressed by their process ids.</summary>
internal static partial class ChildProcess
{
    public const int SigInt = 2;
    public const int SigTerm = 15;
    public const int SigCont = 18;
    public const int SigStop = 19;

    /// <summary>Far more than a busy machine needs to stop the threads of a process.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    private static readonly ConcurrentBag<Process> Started = [];

    /// <summary>
    /// Handlers that kill the child processes when this process receives SIGTERM or SIGHUP. These signals end
    /// a .NET 10 process without raising <c>ProcessExit</c>.
    /// </summary>
    private static readonly PosixSignalRegistration[] Registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => EndAll()),
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, _ => EndAll()),
    ];

    /// <summary>
    /// Kills a child process when this process ends. Disposal is not enough, because a test runner that
    /// receives a signal, for example after a time limit, disposes no objects.
    /// </summary>
    public static void EndWithThisProcess(Process process)
    {
        if (Started.IsEmpty)
            AppDomain.CurrentDomain.ProcessExit += (_, _) => EndAll();
        Started.Add(process);
        GC.KeepAlive(Registrations);
    }

    /// <exception cref="InvalidOperationException">
    /// The process does not exist, or this user is not allowed to send signals to the process.
    /// </exception>
    public static void Signal(Process process, int signal)
    {
        if (Kill(process.Id, signal) != 0)
            throw new InvalidOperationException($"Process {process.Id} did not accept signal {signal}.");
    }

    /// <summary>
    /// Suspends a process (SIGSTOP) and waits until all its threads have stopped. When <c>kill</c> returns,
    /// threads on other processors may still run, and could answer a request that is sent afterwards.
    /// </summary>
    public static void Suspend(Process process)
    {
        Signal(process, SigStop);
        WaitUntilStopped(process.Id);
    }

    /// <summary>Suspends a process and its direct children, as <see cref="Suspend"/> does.</summary>
    public static void SuspendFamily(Process process)
    {
        Suspend(process); // A stopped parent starts no more children.
        foreach (var child in ChildrenOf(process.Id))
        {
            if (Kill(child, SigStop) == 0)
                WaitUntilStopped(child);
        }
    }

    /// <summary>
    /// Sends a signal to a process and its direct children. Does not fail if a child has just ended.
    /// </summary>
    public static void SignalFamily(Process process, int signal)
    {
        Signal(process, signal);
        foreach (var child in ChildrenOf(process.Id))
            _ = Kill(child, signal);
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
            // The process has already ended, and its object is disposed, so nothing is left to kill.
        }
    }

    private static IEnumerable<int> ChildrenOf(int parent) =>
        from folder in Directory.GetDirectories("/proc")
        let name = Path.GetFileName(folder)
        where int.TryParse(name, CultureInfo.InvariantCulture, out _)
        where StatOf(folder) is [_, var creator, ..]
            && int.Parse(creator, CultureInfo.InvariantCulture) == parent
        select int.Parse(name, CultureInfo.InvariantCulture);

    /// <summary>Waits until no thread of a process runs any more, or until the process has ended.</summary>
    private static void WaitUntilStopped(int process)
    {
        var threads = string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/task");
        var isStopped = SpinWait.SpinUntil(
            () => !Directory.Exists(threads) || Directory.GetDirectories(threads).All(IsStopped),
            StopLimit);
        if (!isStopped)
            throw new InvalidOperationException($"Process {process} did not stop within {StopLimit}.");
    }

    private static bool IsStopped(string thread) => StatOf(thread) is not [not ("T" or "t" or "Z" or "X"), ..];

    /// <summary>
    /// Reads the state, the parent's process id and the further fields of a process or a thread; empty if it
    /// has ended. In <c>/proc/PID/stat</c> these follow the program's name in parentheses (proc(5)).
    /// </summary>
    private static string[] StatOf(string folder)
    {
        try
        {
            var stat = File.ReadAllText(Path.Combine(folder, "stat"));
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return [];
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int process, int signal);
}
