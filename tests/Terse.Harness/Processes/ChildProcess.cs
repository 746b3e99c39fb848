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
    /// Sends a signal to a process and its direct children. Does not fail if a child has just ended.
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
            // The process has already ended, and its object is disposed, so nothing is left to kill.
        }
    }

    /// <summary>
    /// Returns true if the folder of <c>/proc</c> is the folder of a process that has this parent.
    /// </summary>
    private static bool IsChild(string folder, int parent) =>
        int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var process)
        && ProcessState.Read(process)?.Parent == parent;

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int process, int signal);
}
