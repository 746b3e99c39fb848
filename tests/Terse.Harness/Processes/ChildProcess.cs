using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Terse.Harness;

/// <summary>Sends signals to processes that this process started, addressed by their process ids.</summary>
internal static partial class ChildProcess
{
    public const int SigHup = 1;
    public const int SigInt = 2;
    public const int SigQuit = 3;
    public const int SigKill = 9;
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

    /// <summary>Sends a signal to a process. Returns false if the process does not accept it.</summary>
    public static bool TrySignal(int process, int signal) => Kill(process, signal) == 0;

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
            SuspendIfAlive(child);
    }

    /// <inheritdoc cref="SuspendFamily(Process)"/>
    /// <param name="process">The process id. The process may have ended.</param>
    public static void SuspendFamily(int process)
    {
        SuspendIfAlive(process);
        foreach (var child in ChildrenOf(process))
            SuspendIfAlive(child);
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

    /// <inheritdoc cref="SignalFamily(Process, int)"/>
    public static void SignalFamily(int process, int signal)
    {
        _ = Kill(process, signal);
        foreach (var child in ChildrenOf(process))
            _ = Kill(child, signal);
    }

    private static void SuspendIfAlive(int process)
    {
        if (Kill(process, SigStop) == 0)
            WaitUntilStopped(process);
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
        let id = int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var process)
            ? process
            : 0
        where id > 0 && ProcessState.Read(id)?.Parent == parent
        select id;

    /// <summary>Waits until no thread of a process runs any more, or until the process has ended.</summary>
    private static void WaitUntilStopped(int process)
    {
        var isStopped = SpinWait.SpinUntil(
            () => ProcessState.ReadThreads(process).All(thread => thread.IsStopped), StopLimit);
        if (!isStopped)
            throw new InvalidOperationException($"Process {process} did not stop within {StopLimit}.");
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int process, int signal);
}
