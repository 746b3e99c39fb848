using System.CommandLine;
using System.Runtime.InteropServices;
using Terse.Hosting;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse config rollout</c>: one server tries a new document first. If this server uses it
/// without a fault for a while, the document is published for all; otherwise the server goes back.
/// </summary>
internal static class ConfigRolloutCommand
{
    private static readonly Option<string> First = new("--first")
    {
        Description = "The name of the server that tries the document. [default: the first of the list]",
    };

    private static readonly Option<TimeSpan> Watch = new("--watch")
    {
        Description = "How long this server is watched. [default: 00:01:00]",
        DefaultValueFactory = _ => TimeSpan.FromMinutes(1),
    };

    /// <summary>Creates the command that ends a rollout whose own command was killed.</summary>
    public static Command CreateAbort() => ConfigCommand.Run(
        new Command("abort", "Ends a rollout whose command was killed; its server goes back."),
        async (arguments, cancellationToken) =>
        {
            await ConfigCommand.FindSource(arguments).EndTrialAsync(cancellationToken);
            await arguments.InvocationConfiguration.Output.WriteLineAsync(
                "No rollout is running now; every server uses the published document.");
            return 0;
        });

    public static Command Create(ServerBuilder build) => ConfigCommand.Run(
        new Command("rollout", "Lets one server try a document, and then publishes it or goes back.")
        {
            DocumentArgument.File,
            ConfigPublishCommand.Base,
            First,
            Watch,
            ServerOption.Server,
        },
        (arguments, cancellationToken) => RunAsync(build, arguments, cancellationToken));

    private static async Task<int> RunAsync(
        ServerBuilder build, ParseResult arguments, CancellationToken cancellationToken)
    {
        var source = ConfigCommand.FindSource(arguments);
        var output = arguments.InvocationConfiguration.Output;
        var watch = arguments.GetValue(Watch);
        if (watch < TimeSpan.FromSeconds(1) || watch > TimeSpan.FromHours(1))
            throw new StartupException("--watch must be 00:00:01 to 01:00:00.");
        var document = await DocumentArgument.ReadAsync(
            arguments.GetValue(DocumentArgument.File)!, cancellationToken);
        var published = await ConfigPublishCommand.ReadBaseAsync(source, arguments, cancellationToken);
        await DocumentArgument.AssertValidAsync(build, arguments, document);
        if (await ServerOption.ReadAsync(arguments) is not { } address)
            return ServerOption.WrongEnvironment;

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var fleet = new RolloutFleet(address, TimeProvider.System);
        var first = await fleet.PickAsync(arguments.GetValue(First), stop.Token);
        var trial = new ConfigTrial([first], document.Text);
        if (!await source.BeginTrialAsync(trial.ToBytes(), CancellationToken.None))
            throw new StartupException("a rollout is running; wait until it ends.");
        try
        {
            await output.WriteLineAsync($"{first} tries version {document.Version}.");
            await fleet.WaitAsync(first, document.Version, stop.Token);
            await fleet.WatchAsync(first, document.Version, watch, stop.Token);
            await ConfigPublishCommand.PublishAsync(
                build, source, document, published, arguments, CancellationToken.None);
        }
        catch (Exception exception) when (exception is StartupException or OperationCanceledException)
        {
            await EndTrialAsync(source);
            throw new StartupException(
                $"{(exception is StartupException ? exception.Message : "it was interrupted.")} {first} goes "
                + "back to the published document.",
                exception);
        }
        catch (SourceUnavailableException exception)
        {
            throw new StartupException(
                $"{exception.Message} It is unknown whether the document was published: compare it with that "
                + "of 'terse config get', and then run 'terse config abort'.",
                exception);
        }

        await EndTrialAsync(source);
        await fleet.WaitForAllAsync(document.Version, stop.Token);
        await output.WriteLineAsync($"All servers use version {document.Version}.");
        return 0;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    private static async Task EndTrialAsync(ConfigSource source)
    {
        try
        {
            await source.EndTrialAsync(CancellationToken.None);
        }
        catch (SourceUnavailableException exception)
        {
            throw new StartupException(
                $"{exception.Message} The first server still tries the document: run 'terse config "
                + "abort'.",
                exception);
        }
    }
}
