using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse webhooks</c>, which shows and changes webhooks through the API of a server.
/// </summary>
internal static class WebhooksCommand
{
    private static readonly Argument<string> NewUrl = new("URL")
    {
        Description = "The URL to which events are sent.",
    };

    private static readonly Option<double> Overlap = new("--overlap")
    {
        Description = "For how many hours requests are signed with the present secret, too, 0 to 2160.",
        DefaultValueFactory = _ => 24,
    };

    private static readonly string[] Head = ["ID", "STATE", "URL", "TYPES", "FAILURES", "DESCRIPTION"];

    public static Command Create() => new(
        "webhooks", "Shows and changes webhooks, which send events to URLs.")
    {
        CreateList(),
        CreateCreate(),
        CreateShow(),
        CreateEdit(),
        CreateState("pause", "Lets the events of a webhook wait.", "paused"),
        CreateState("resume", "Sends the events of a webhook again, also after it has ended.", "active"),
        CreateRotate(),
        CreateTest(),
        CreateDelete(),
        WebhookDeliveriesCommand.CreateList(),
        WebhookDeliveriesCommand.CreateReplay(),
    };

    private static Command CreateList()
    {
        var command = new Command("list", "Lists all webhooks, the newest first.")
        {
            ServerOption.Server,
            JsonOutput.Json,
        };
        command.SetAction((arguments, cancellationToken) => WebhookRequests.RunAsync(
            arguments,
            "terse webhooks list",
            () => ServerRequests.New(HttpMethod.Get, WebhookRequests.Path, body: null),
            "webhooks",
            list => ListAsync(arguments, list["webhooks"]!.AsArray()),
            cancellationToken));
        return command;
    }

    private static Task ListAsync(ParseResult arguments, JsonArray webhooks)
    {
        var output = arguments.InvocationConfiguration.Output;
        return arguments.GetValue(JsonOutput.Json)
            ? output.WriteLineAsync(webhooks.ToJsonString(JsonOutput.Indented))
            : TextTable.WriteAsync(
                output, [Head, .. webhooks.Select(webhook => CellsOf(webhook!.AsObject()))]);
    }

    private static string[] CellsOf(JsonObject webhook) =>
    [
        LinkTable.TextOf(webhook["id"]),
        LinkTable.TextOf(webhook["state"]),
        LinkTable.TextOf(webhook["url"]),
        webhook["types"] is JsonArray { Count: > 0 } types ? LinkTable.TextOf(types) : "all",
        LinkTable.TextOf(webhook["failures"]),
        LinkTable.TextOf(webhook["description"]),
    ];

    private static Command CreateCreate()
    {
        var command = NewCommand("create", "Creates a webhook, and shows it with its secret.", NewUrl);
        WebhookFieldOptions.AddTo(command);
        command.SetAction((arguments, cancellationToken) => WebhookRequests.ShowAsync(
            arguments,
            "terse webhooks create",
            () =>
            {
                var fields = WebhookFieldOptions.Read(arguments);
                fields["url"] = arguments.GetValue(NewUrl);
                return ServerRequests.New(HttpMethod.Post, WebhookRequests.Path, fields);
            },
            cancellationToken));
        return command;
    }

    private static Command CreateShow()
    {
        var command = NewCommand("show", "Shows a webhook without its secret.", WebhookRequests.Id);
        command.SetAction((arguments, cancellationToken) => WebhookRequests.ShowAsync(
            arguments,
            "terse webhooks show",
            () => ServerRequests.New(HttpMethod.Get, WebhookRequests.PathOf(arguments), body: null),
            cancellationToken));
        return command;
    }

    private static Command CreateEdit()
    {
        var command = NewCommand("edit", "Changes a webhook, and shows it.", WebhookRequests.Id);
        command.Options.Add(WebhookFieldOptions.Url);
        WebhookFieldOptions.AddTo(command);
        command.Options.Add(WebhookFieldOptions.Clear);
        command.SetAction((arguments, cancellationToken) => WebhookRequests.ShowAsync(
            arguments,
            "terse webhooks edit",
            () => ServerRequests.New(
                HttpMethod.Patch, WebhookRequests.PathOf(arguments), WebhookFieldOptions.Read(arguments)),
            cancellationToken));
        return command;
    }

    private static Command CreateState(string name, string description, string state)
    {
        var command = NewCommand(name, description, WebhookRequests.Id);
        command.SetAction((arguments, cancellationToken) => WebhookRequests.ShowAsync(
            arguments,
            $"terse webhooks {name}",
            () => ServerRequests.New(
                HttpMethod.Patch,
                WebhookRequests.PathOf(arguments),
                new JsonObject { ["state"] = state }),
            cancellationToken));
        return command;
    }

    private static Command CreateRotate()
    {
        var command = NewCommand(
            "rotate", "Gives a webhook a new secret, and shows it.", WebhookRequests.Id);
        command.Options.Add(Overlap);
        command.Validators.Add(result =>
        {
            if (result.GetValue(Overlap) is not (>= 0 and <= 2160))
                result.AddError("--overlap must be 0 to 2160 hours.");
        });
        command.SetAction((arguments, cancellationToken) => WebhookRequests.ShowAsync(
            arguments,
            "terse webhooks rotate",
            () =>
            {
                var end = TimeProvider.System.GetUtcNow() + TimeSpan.FromHours(arguments.GetValue(Overlap));
                var text = end.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
                return ServerRequests.New(
                    HttpMethod.Post,
                    WebhookRequests.PathOf(arguments) + "/rotate",
                    new JsonObject { ["oldExpiresAt"] = text });
            },
            cancellationToken));
        return command;
    }

    private static Command CreateTest()
    {
        var command = new Command("test", "Sends a test event to a webhook.")
        {
            WebhookRequests.Id,
            ServerOption.Server,
        };
        command.SetAction((arguments, cancellationToken) => WebhookRequests.RunAsync(
            arguments,
            "terse webhooks test",
            () => ServerRequests.New(
                HttpMethod.Post, WebhookRequests.PathOf(arguments) + "/test", body: null),
            "event",
            answer => arguments.InvocationConfiguration.Output.WriteLineAsync(
                $"The event {LinkTable.TextOf(answer["event"])} is on its way; 'terse webhooks deliveries' "
                + "shows what the receiver answers."),
            cancellationToken));
        return command;
    }

    private static Command CreateDelete()
    {
        var command = new Command("delete", "Deletes a webhook with its deliveries.")
        {
            WebhookRequests.Id,
            ServerOption.Server,
        };
        command.SetAction((arguments, cancellationToken) => ServerRequests.SendAsync(
            arguments,
            "terse webhooks delete",
            () => ServerRequests.New(HttpMethod.Delete, WebhookRequests.PathOf(arguments), body: null),
            "The webhook is deleted.",
            cancellationToken));
        return command;
    }

    private static Command NewCommand(string name, string description, Argument<string> argument) =>
        new(name, description) { argument, ServerOption.Server, JsonOutput.Json };
}
