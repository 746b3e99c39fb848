using System.CommandLine;
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

    private static readonly Option<bool> Abort = new("--abort")
    {
        Description = "Ends a rollout whose command was killed; its server goes back.",
    };

    private static readonly Argument<string?> File = new(DocumentArgument.File.Name)
    {
        Description = DocumentArgument.File.Description,
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static Command Create(ServerBuilder build) => ConfigCommand.Run(
        new Command("rollout", "Lets one server try a document, and then publishes it or goes back.")
        {
            File,
            ConfigPublishCommand.Base,
            First,
            Watch,
            Abort,
            ServerOption.Server,
        },
        (arguments, cancellationToken) => RunAsync(build, arguments, cancellationToken));

    private static async Task<int> RunAsync(
        ServerBuilder build, ParseResult arguments, CancellationToken cancellationToken)
    {
        var source = ConfigCommand.FindSource(arguments);
        var output = arguments.InvocationConfiguration.Output;
        if (arguments.GetValue(Abort))
        {
            await source.EndTrialAsync(cancellationToken);
            await output.WriteLineAsync(
                "No rollout is running now; every server uses the published document.");
            return 0;
        }

        var path = arguments.GetValue(File)
            ?? throw new StartupException("name the file with the new document.");
        var document = await DocumentArgument.ReadAsync(path, cancellationToken);
        var published = await ConfigPublishCommand.ReadBaseAsync(source, arguments, cancellationToken);
        await DocumentArgument.AssertValidAsync(build, arguments, document);
        if (await ServerOption.ReadAsync(arguments) is not { } address)
            return ServerOption.WrongEnvironment;

        using var fleet = new RolloutFleet(address, TimeProvider.System);
        var first = await fleet.PickAsync(arguments.GetValue(First), cancellationToken);
        var trial = new ConfigTrial([first], document.Text);
        if (!await source.BeginTrialAsync(trial.ToBytes(), cancellationToken))
            throw new StartupException("a rollout is running; wait until it ends.");
        try
        {
            await output.WriteLineAsync($"{first} tries version {document.Version}.");
            await fleet.WaitAsync(first, document.Version, cancellationToken);
            await fleet.WatchAsync(first, document.Version, arguments.GetValue(Watch), cancellationToken);
            await ConfigPublishCommand.PublishAsync(
                build, source, document, published, arguments, cancellationToken);
        }
        catch (Exception exception) when (exception is StartupException or OperationCanceledException)
        {
            await source.EndTrialAsync(CancellationToken.None);
            throw new StartupException(
                $"{(exception is StartupException ? exception.Message : "it was interrupted.")} {first} goes "
                + "back to the published document.",
                exception);
        }

        await source.EndTrialAsync(CancellationToken.None);
        await fleet.WaitForAllAsync(document.Version, cancellationToken);
        await output.WriteLineAsync($"All servers use version {document.Version}.");
        return 0;
    }
}
