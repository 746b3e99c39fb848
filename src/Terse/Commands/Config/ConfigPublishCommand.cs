using System.CommandLine;
using Terse.Hosting;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse config publish</c>, which replaces the shared configuration. It replaces only the
/// version that the new document was made from, so two people cannot overwrite each other.
/// </summary>
internal static class ConfigPublishCommand
{
    /// <summary>The version that a new document replaces.</summary>
    public static readonly Option<string> Base = new("--base")
    {
        Description = "The version from which FILE was made, as 'terse config get' printed it.",
    };

    public static Command Create(ServerBuilder build) => ConfigCommand.Run(
        new Command("publish", "Replaces the shared configuration on all servers.")
        {
            DocumentArgument.File,
            Base,
        },
        async (arguments, cancellationToken) =>
        {
            var source = ConfigCommand.FindSource(arguments);
            var document = await DocumentArgument.ReadAsync(
                arguments.GetValue(DocumentArgument.File)!, cancellationToken);
            var published = await ReadBaseAsync(source, arguments, cancellationToken);
            await DocumentArgument.AssertValidAsync(build, arguments, document);
            await PublishAsync(build, source, document, published, arguments, cancellationToken);
            return 0;
        });

    /// <summary>Reads the published document, and checks that it is the one in <c>--base</c>.</summary>
    /// <exception cref="StartupException">It is another one, or a trial is running.</exception>
    public static async Task<PublishedDocument?> ReadBaseAsync(
        ConfigSource source, ParseResult arguments, CancellationToken cancellationToken)
    {
        var expected = arguments.GetValue(Base);
        var published = await source.ReadAsync(cancellationToken);
        if (published is null && expected is not null)
            throw new StartupException($"{source.Description} does not exist, so leave --base out.");
        if (published is not null && expected != published.Version)
        {
            throw new StartupException(
                expected is null
                    ? $"{source.Description} has version {published.Version}; add --base {published.Version} "
                        + "if FILE was made from it."
                    : $"version {expected} was replaced by {published.Version}; get that version, and make "
                        + "your change again.");
        }

        return await source.ReadTrialAsync(knownTag: null, cancellationToken) is null
            ? published
            : throw new StartupException(
                "a rollout is running; wait until it ends. If its command was killed, run 'terse config "
                + "abort'.");
    }

    /// <summary>Publishes a document, and prints what changes.</summary>
    /// <exception cref="StartupException">Somebody else has published another document meanwhile.</exception>
    public static async Task PublishAsync(
        ServerBuilder build,
        ConfigSource source,
        ConfigDocument document,
        PublishedDocument? published,
        ParseResult arguments,
        CancellationToken cancellationToken)
    {
        var output = arguments.InvocationConfiguration.Output;
        var changes = ConfigDiffCommand.Find(build, arguments, published, document);
        if (!await source.PublishAsync(document.Content, published, cancellationToken))
        {
            throw new StartupException(
                "somebody else has published another document meanwhile; get it, and make your change "
                + "again.");
        }

        await ConfigDiffCommand.WriteAsync(changes, output);
        await output.WriteLineAsync(
            $"Published version {document.Version} in {source.Description}"
            + (published is null ? "." : $" in place of {published.Version}."));
    }
}
