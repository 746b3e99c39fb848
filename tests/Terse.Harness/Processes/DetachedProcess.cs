using System.Diagnostics;

namespace Terse.Harness;

/// <summary>
/// Starts processes that continue after this process and its terminal have ended. Each has a session of its
/// own, reads nothing, appends its output to a file, and ends by signals even if this process ignores them.
/// </summary>
internal static class DetachedProcess
{
    /// <summary>Returns the id of the process.</summary>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="log">The file for standard output and standard error.</param>
    /// <param name="folder">The working folder of the process.</param>
    public static int Start(IEnumerable<string> command, string log, string folder)
    {
        // setsid, env and sh replace themselves, so the process keeps its id. Without env, a process that a
        // script has started in the background would ignore SIGINT.
        const string Script = """exec "$@" </dev/null >>"$0" 2>&1""";
        var start = new ProcessStartInfo(
            "setsid", ["env", "--default-signal", "sh", "-c", Script, log, .. command])
        {
            UseShellExecute = false,
            WorkingDirectory = folder,
        };
        using var process = Process.Start(start)!;
        return process.Id;
    }
}
