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

    /// <param name="build">Builds the server without starting it.</param>
    /// <param name="arguments">The command line.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(ServerBuilder build, string[] arguments)
    {
        try
        {
            return await CreateCommands(build).Parse(arguments).InvokeAsync(Configuration);
        }
        catch (IOException exception)
        {
            await Console.Error.WriteLineAsync($"terse: the output cannot be written: {exception.Message}");
            return 1;
        }
    }

    private static RootCommand CreateCommands(ServerBuilder build) =>
        new("Terse shortens URLs, on one server or on many.")
        {
            ServeCommand.Create(build),
            ShortenCommand.Create(),
            LinksCommand.Create(),
            TagsCommand.Create(),
            DomainsCommand.Create(),
            EventsCommand.Create(),
            BlockCommand.Create(),
            ReportsCommand.Create(),
            WebhooksCommand.Create(),
            AccessCommand.Create(build),
            CodesCommand.Create(build),
            PlanCommand.Create(),
            ConfigCommand.Create(build),
            MigrateCommand.Create(build),
            BackupCommand.Create(build),
            RestoreCommand.Create(build),
            MoveCommand.Create(build),
            HostsCommand.Create(),
            HealthCommand.Create(),
            TopCommand.Create(),
            LagCommand.Create(),
        };
}
