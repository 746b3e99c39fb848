using System.CommandLine;
using System.Text.Json.Nodes;

namespace Terse.Commands;

/// <summary>
/// The commands <c>terse webhooks deliveries</c> and <c>terse webhooks replay</c>, which show what was sent,
/// and send it once more.
/// </summary>
internal static class WebhookDeliveriesCommand
{
    private const string Name = "terse webhooks replay";

    private static readonly Option<string> State = Text("--state", "waiting, delivered or dead.");

    private static readonly Option<string> From = Text(
        "--from", "Only events at or after this time, such as 2027-01-31T18:00:00Z.");

    private static readonly Option<string> Until = Text("--until", "Only events before this time.");

    private static readonly (Option<string> Option, string Name)[] Filters =
        [(State, "state"), (From, "from"), (Until, "until")];

    private static readonly Option<string> Event = Text("--event", "Only the event with this id.");

    private static readonly Option<string> Replayed = Text(
        "--state", "dead, delivered or all. [default: dead]");

    private static readonly PagedList List = new(
        "terse webhooks deliveries",
        WebhookRequests.Path,
        "deliveries",
        ["EVENT", "TYPE", "SUBJECT", "STATE", "ATTEMPTS", "STATUS", "MS", "NEXT TRY", "RESPONSE"],
        CellsOf);

    public static Command CreateList()
    {
        var command = new Command(
            "deliveries", "Lists what was sent, and what waits, the newest event first.")
        {
            WebhookRequests.Id,
            State,
            From,
            Until,
            List.Limit,
            ServerOption.Server,
            JsonOutput.Json,
        };
        command.SetAction((arguments, cancellationToken) => List.PrintAsync(
            arguments,
            [
                .. Filters.Where(filter => arguments.GetValue(filter.Option) is not null)
                    .Select(filter => (filter.Name, arguments.GetValue(filter.Option)!)),
            ],
            cancellationToken,
            $"/{Uri.EscapeDataString(arguments.GetValue(WebhookRequests.Id)!)}/deliveries"));
        return command;
    }

    public static Command CreateReplay()
    {
        var command = new Command(
            "replay", "Sends events once more: dead ones, one event, or those of a time.")
        {
            WebhookRequests.Id,
            Event,
            Replayed,
            From,
            Until,
            ServerOption.Server,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(Event) is not null
                && (result.GetValue(Replayed) ?? result.GetValue(From) ?? result.GetValue(Until)) is not null)
            {
                result.AddError("--event cannot be combined with --state, --from and --until.");
            }
        });
        command.SetAction((arguments, cancellationToken) => WebhookRequests.RunAsync(
            arguments,
            Name,
            () => NewReplay(arguments),
            "replayed",
            answer => arguments.InvocationConfiguration.Output.WriteLineAsync(
                $"{LinkTable.TextOf(answer["replayed"])} deliveries wait again."
                + (answer["hasMore"]?.GetValue<bool>() == true ? " There may be more; run it again." : "")),
            cancellationToken));
        return command;
    }

    private static HttpRequestMessage NewReplay(ParseResult arguments)
    {
        var path = WebhookRequests.PathOf(arguments);
        if (arguments.GetValue(Event) is { } one)
        {
            return ServerRequests.New(
                HttpMethod.Post, $"{path}/deliveries/{Uri.EscapeDataString(one)}/replay", body: null);
        }

        var state = arguments.GetValue(Replayed) ?? "dead";
        var fields = new JsonObject
        {
            ["state"] = state == "all" ? null : state,
            ["from"] = arguments.GetValue(From),
            ["until"] = arguments.GetValue(Until),
        };
        return ServerRequests.New(HttpMethod.Post, path + "/replay", fields);
    }

    private static string[] CellsOf(JsonObject delivery) =>
    [
        LinkTable.TextOf(delivery["event"]),
        LinkTable.TextOf(delivery["type"]),
        LinkTable.TextOf(delivery["subject"]),
        LinkTable.TextOf(delivery["state"]),
        LinkTable.TextOf(delivery["attempts"]),
        LinkTable.TextOf(delivery["status"]),
        LinkTable.TextOf(delivery["latencyMs"]),
        LinkTable.TextOf(delivery["nextTryAt"]),
        Shorten(LinkTable.TextOf(delivery["response"])),
    ];

    /// <summary>A body can be long; <c>--json</c> shows it as the server has stored it.</summary>
    private static string Shorten(string text) =>
        text.Length <= 60 ? text : string.Concat(text.AsSpan(0, 59), "…");

    private static Option<string> Text(string name, string description) =>
        new(name) { Description = description };
}
