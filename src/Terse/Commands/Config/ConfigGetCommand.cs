using System.CommandLine;
using System.Text;
using Terse.Hosting;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse config get</c>, which prints the shared configuration, to be edited and published.
/// </summary>
internal static class ConfigGetCommand
{
    private static readonly Option<string> Version = new("--version")
    {
        Description = "The version to print, as history lists it. [default: the published one]",
    };

    public static Command Create() => ConfigCommand.Run(
        new Command("get", "Prints the shared configuration; its version goes to standard error.")
        {
            Version,
        },
        GetAsync);

    private static async Task<int> GetAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var source = ConfigCommand.FindSource(arguments);
        var content = arguments.GetValue(Version) is { } version
            ? await FindAsync(source, version, cancellationToken)
            : (await source.ReadAsync(cancellationToken))?.Content
                ?? throw new StartupException($"{source.Description} does not exist.");
        await arguments.InvocationConfiguration.Error.WriteLineAsync(
            $"version {ConfigDocument.VersionOf(content)}");
        await arguments.InvocationConfiguration.Output.WriteAsync(Encoding.UTF8.GetString(content));
        return 0;
    }

    /// <summary>Finds the contents of a version, published or replaced.</summary>
    /// <exception cref="StartupException">There is no such version.</exception>
    public static async Task<byte[]> FindAsync(
        ConfigSource source, string version, CancellationToken cancellationToken)
    {
        if (await source.ReadAsync(cancellationToken) is { } published && published.Version == version)
            return published.Content;
        var kept = (await source.ListVersionsAsync(cancellationToken))
            .FirstOrDefault(kept => kept.Version == version);
        return kept is null
            ? throw new StartupException($"there is no version {version}; 'terse config history' lists all.")
            : await source.ReadVersionAsync(kept, cancellationToken);
    }
}
