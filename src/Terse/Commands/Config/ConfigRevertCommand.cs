using System.CommandLine;
using Terse.Hosting;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse config revert</c>, which publishes an earlier version again. The version that it
/// replaces stays among the versions.
/// </summary>
internal static class ConfigRevertCommand
{
    private static readonly Argument<string> Version = new("VERSION")
    {
        Description = "The version to publish again, as history lists it.",
    };

    public static Command Create(ServerBuilder build) => ConfigCommand.Run(
        new Command("revert", "Publishes an earlier version again.") { Version, ConfigPublishCommand.Base },
        async (arguments, cancellationToken) =>
        {
            var source = ConfigCommand.FindSource(arguments);
            var published = await ConfigPublishCommand.ReadBaseAsync(source, arguments, cancellationToken);
            var content = await ConfigGetCommand.FindAsync(
                source, arguments.GetValue(Version)!, cancellationToken);
            var document = ConfigDocument.Parse(content);
            await DocumentArgument.AssertValidAsync(build, arguments, document);
            await ConfigPublishCommand.PublishAsync(
                build, source, document, published, arguments, cancellationToken);
            return 0;
        });
}
