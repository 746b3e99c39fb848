using System.CommandLine;

namespace Terse.Commands;

/// <summary>Runs the command that the command line names.</summary>
internal static class CommandLine
{
    /// <remarks>
    /// The handlers of System.CommandLine are turned off. They would print a stack trace if the output cannot
    /// be written, and would handle Ctrl+C and SIGTERM, after which the server itself shuts down.
    /// </remarks>
    private static readonly InvocationConfiguration Configuration = new()
    {
        ProcessTerminationTimeout = null,
        EnableDefaultExceptionHandler = false,
    };

    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(RootCommand root, string[] arguments)
    {
        try
        {
            return await root.Parse(arguments).InvokeAsync(Configuration);
        }
        catch (IOException exception)
        {
            await Console.Error.WriteLineAsync($"terse: the output cannot be written: {exception.Message}");
            return 1;
        }
    }
}
