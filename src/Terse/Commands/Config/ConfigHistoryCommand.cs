using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse config history</c>: the published version and those before, the newest first.
/// </summary>
internal static class ConfigHistoryCommand
{
    public static Command Create() => ConfigCommand.Run(
        new Command("history", "Lists the versions of the shared configuration.") { JsonOutput.Json },
        ListAsync);

    private static async Task<int> ListAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var source = ConfigCommand.FindSource(arguments);
        var published = await source.ReadAsync(cancellationToken);
        var kept = await source.ListVersionsAsync(cancellationToken);
        List<(string Version, DateTimeOffset At, bool IsPublished)> versions =
        [
            .. published is null ? [] : new[] { (published.Version, published.PublishedAt, true) },
            .. kept.Select(version => (version.Version, version.PublishedAt, false)),
        ];
        var output = arguments.InvocationConfiguration.Output;
        if (arguments.GetValue(JsonOutput.Json))
        {
            var answer = new JsonArray([.. versions.Select(version => new JsonObject
            {
                ["version"] = version.Version,
                ["publishedAt"] = TextOf(version.At),
                ["isPublished"] = version.IsPublished,
            })]);
            await output.WriteLineAsync(answer.ToJsonString(JsonOutput.Indented));
            return 0;
        }

        await TextTable.WriteAsync(output, [["VERSION", "PUBLISHED", "STATE"], .. versions.Select(version =>
            (string[])
            [
                version.Version,
                TextOf(version.At),
                version.IsPublished ? "published" : "replaced",
            ])]);
        return 0;
    }

    private static string TextOf(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
