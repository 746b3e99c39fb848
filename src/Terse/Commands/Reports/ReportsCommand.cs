using System.CommandLine;
using System.Text.Json.Nodes;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse reports</c>, which shows what visitors have reported about links, and answers it
/// through the API of a server.
/// </summary>
internal static class ReportsCommand
{
    private const string Path = "/api/v1/reports";

    private static readonly Argument<long> Id = new("ID") { Description = "The number in the list." };

    private static readonly PagedList List = new(
        "terse reports list",
        Path,
        "reports",
        ["ID", "COUNT", "LAST", "SHORT URL", "TARGET", "REASONS"],
        CellsOf);

    public static Command Create() => new("reports", "Shows and answers reports of visitors about links.")
    {
        CreateList(),
        CreateAnswer(
            "disable", "Disables the reported link, and closes the report.", "The link is disabled."),
        CreateAnswer("close", "Closes a report. The link works as before.", "The report is closed."),
    };

    private static Command CreateList()
    {
        var command = new Command("list", "Lists open reports, the link that was reported last first.")
        {
            List.Limit,
            ServerOption.Server,
            JsonOutput.Json,
        };
        command.SetAction((arguments, cancellationToken) =>
            List.PrintAsync(arguments, [], cancellationToken));
        return command;
    }

    private static Command CreateAnswer(string name, string description, string done)
    {
        var command = new Command(name, description) { Id, ServerOption.Server };
        command.SetAction((arguments, cancellationToken) => ServerRequests.SendAsync(
            arguments,
            $"terse reports {name}",
            () => ServerRequests.New(
                HttpMethod.Post, $"{Path}/{arguments.GetValue(Id)}/{name}", body: null),
            done,
            cancellationToken));
        return command;
    }

    private static string[] CellsOf(JsonObject report) =>
    [
        LinkTable.TextOf(report["id"]),
        LinkTable.TextOf(report["count"]),
        LinkTable.TextOf(report["lastAt"]),
        LinkTable.TextOf(report["shortUrl"]),
        LinkTable.TextOf(report["link"]?["target"]),
        LinkTable.TextOf(report["reasons"]),
    ];
}
