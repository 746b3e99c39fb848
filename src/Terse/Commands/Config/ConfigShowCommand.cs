using System.CommandLine;
using System.Text.Json.Nodes;
using Terse.Hosting;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse config show</c>: the settings that a server with these settings would have, and where
/// each comes from. Secrets are hidden.
/// </summary>
internal static class ConfigShowCommand
{
    private static readonly Option<bool> All = new("--all")
    {
        Description = "Also lists the settings without a value, which have their defaults.",
    };

    public static Command Create(ServerBuilder build)
    {
        var command = new Command("show", "Lists each setting, its value and where the value comes from.")
        {
            JsonOutput.Json,
            All,
            ServeSettings.Data,
        };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction((arguments, _) => ServerParts.ServeAsync(
            build, arguments, "terse config show", app => ShowAsync(app, arguments)));
        return command;
    }

    private static async Task ShowAsync(WebApplication app, ParseResult arguments)
    {
        List<SettingsSection> sections = [.. app.Services.GetServices<SettingsSection>()];
        var start = app.Services.GetService<ConfigStart>();
        var rows = SettingOrigin.Find((IConfigurationRoot)app.Configuration, sections, start?.Document);
        if (arguments.GetValue(All))
        {
            rows =
            [
                .. rows.Concat(SettingOrigin.FindUnset(rows, sections))
                    .OrderBy(row => row.Path, StringComparer.OrdinalIgnoreCase)
            ];
        }

        var output = arguments.InvocationConfiguration.Output;
        if (arguments.GetValue(JsonOutput.Json))
        {
            var settings = new JsonArray([.. rows.Select(row => new JsonObject
            {
                ["setting"] = row.Path,
                ["value"] = row.Value,
                ["from"] = row.Source,
            })]);
            var answer = new JsonObject { ["settings"] = settings, ["version"] = start?.Document.Version };
            await output.WriteLineAsync(answer.ToJsonString(JsonOutput.Indented));
            return;
        }

        string[] head = ["SETTING", "VALUE", "FROM"];
        await TextTable.WriteAsync(
            output, [head, .. rows.Select(row => (string[])[row.Path, row.Value ?? "", row.Source])]);
        if (start is { Home: { } home })
        {
            await output.WriteLineAsync();
            await output.WriteLineAsync(start.Problem is null
                ? $"Shared configuration: version {start.Document.Version} in {home.Source.Description}"
                : $"Shared configuration: the copy {home.Copy.Path}, version {start.Document.Version}, "
                    + $"because: {start.Problem}");
        }
    }
}
