using System.CommandLine;
using System.Text.Json.Nodes;
using Terse.Hosting;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse config diff</c>: what a document would change, and which changes need a restart.
/// </summary>
internal static class ConfigDiffCommand
{
    private static readonly string[] Head = ["SETTING", "OLD", "NEW", "EFFECT"];

    public static Command Create(ServerBuilder build) => ConfigCommand.Run(
        new Command("diff", "Shows what a document would change.") { DocumentArgument.File, JsonOutput.Json },
        async (arguments, cancellationToken) =>
        {
            var document = await DocumentArgument.ReadAsync(
                arguments.GetValue(DocumentArgument.File)!, cancellationToken);
            var published = await ConfigCommand.FindSource(arguments).ReadAsync(cancellationToken);
            var changes = Find(build, arguments, published, document);
            if (arguments.GetValue(JsonOutput.Json))
            {
                await arguments.InvocationConfiguration.Output.WriteLineAsync(
                    ToJson(changes).ToJsonString(JsonOutput.Indented));
            }
            else
            {
                await WriteAsync(changes, arguments.InvocationConfiguration.Output);
            }

            return 0;
        });

    /// <summary>Returns what changes from the published document to another one.</summary>
    public static IReadOnlyList<SettingChange> Find(
        ServerBuilder build, ParseResult arguments, PublishedDocument? published, ConfigDocument document)
    {
        using var app = build(ServeSettings.Read(arguments), null) as IDisposable;
        List<SettingsSection> sections = [.. ((WebApplication)app).Services.GetServices<SettingsSection>()];
        return SettingChange.Find(SettingsOf(published), document.Settings, sections);
    }

    /// <summary>Prints changes as a table.</summary>
    public static async Task WriteAsync(IReadOnlyList<SettingChange> changes, TextWriter output)
    {
        if (changes.Count == 0)
        {
            await output.WriteLineAsync("No setting changes.");
            return;
        }

        await TextTable.WriteAsync(output, [Head, .. changes.Select(change => (string[])
        [
            change.Path,
            change.Old ?? "-",
            change.New ?? "-",
            change.IsLive ? "at once" : "after a restart",
        ])]);
    }

    /// <summary>A published document that cannot be parsed has no settings.</summary>
    private static IReadOnlyDictionary<string, string?> SettingsOf(PublishedDocument? published)
    {
        try
        {
            return published is null
                ? new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
                : ConfigDocument.Parse(published.Content).Settings;
        }
        catch (InvalidDataException)
        {
            return new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        }
    }

    private static JsonArray ToJson(IReadOnlyList<SettingChange> changes) =>
        new([.. changes.Select(change => new JsonObject
        {
            ["setting"] = change.Path,
            ["old"] = change.Old,
            ["new"] = change.New,
            ["needsRestart"] = !change.IsLive,
        })]);
}
