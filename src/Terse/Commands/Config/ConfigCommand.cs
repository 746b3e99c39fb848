using System.CommandLine;
using Terse.Hosting;

namespace Terse.Commands;

/// <summary>
/// The commands <c>terse config</c>, which show the settings of a server, and read and change the
/// configuration that all servers share (<c>Config:Source</c>). All accept the settings of <c>serve</c>.
/// </summary>
internal static class ConfigCommand
{
    public static Command Create(ServerBuilder build) =>
        new("config", "Shows settings, and changes the configuration that all servers share.")
        {
            ConfigShowCommand.Create(build),
            ConfigGetCommand.Create(),
            ConfigValidateCommand.Create(build),
            ConfigDiffCommand.Create(build),
            ConfigPublishCommand.Create(build),
            ConfigRolloutCommand.Create(build),
            ConfigRolloutCommand.CreateAbort(),
            ConfigHistoryCommand.Create(),
            ConfigRevertCommand.Create(build),
        };

    /// <summary>Adds what the commands have in common, and prints errors instead of stack traces.</summary>
    /// <param name="command">The command.</param>
    /// <param name="runAsync">Does the work of the command; returns the exit code.</param>
    public static Command Run(
        Command command, Func<ParseResult, CancellationToken, Task<int>> runAsync)
    {
        command.Options.Add(ServeSettings.Data);
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(async (arguments, cancellationToken) =>
        {
            try
            {
                return await runAsync(arguments, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                await arguments.InvocationConfiguration.Error.WriteLineAsync(
                    $"terse config {command.Name}: interrupted.");
                return 1;
            }
            catch (Exception exception) when (exception
                is StartupException or SourceUnavailableException or InvalidDataException
                or IOException or UnauthorizedAccessException)
            {
                await arguments.InvocationConfiguration.Error.WriteLineAsync(
                    $"terse config {command.Name}: {exception.Message}");
                return 1;
            }
        });
        return command;
    }

    /// <summary>Finds the source that the settings of the command line name.</summary>
    /// <exception cref="StartupException">They name none, or a wrong one.</exception>
    public static ConfigSource FindSource(ParseResult arguments)
    {
        var options = ConfigOptions.Read(Settings.ReadLocal(ServeSettings.Read(arguments)));
        return ConfigSources.Find(options, TimeProvider.System)
            ?? throw new StartupException(
                "no shared configuration is set; add --Config:Source with a file or s3://BUCKET/KEY.");
    }
}
