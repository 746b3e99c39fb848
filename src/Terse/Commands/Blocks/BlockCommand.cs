using System.CommandLine;
using System.Text.Json.Nodes;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse block</c>, which shows and changes blocked hosts through the API of a server.
/// </summary>
internal static class BlockCommand
{
    private const string Path = "/api/v1/blocks";

    private static readonly Argument<string> Host = new("HOST")
    {
        Description = "A host such as evil.example, or a pattern such as '*.example' or '*-login.example'.",
    };

    private static readonly Option<bool> Subdomains = new("--subdomains")
    {
        Description = "Block all subdomains of the host, too.",
    };

    private static readonly Option<string> Reason = new("--reason")
    {
        Description = "Why the host is blocked. Visitors do not see the reason.",
    };

    private static readonly PagedList List = new(
        "terse block list", Path, "blocks", ["HOST", "SUBDOMAINS", "SINCE", "REASON"], CellsOf);

    public static Command Create() => new("block", "Shows and changes the hosts to which no link may lead.")
    {
        CreateList(),
        CreateAdd(),
        CreateRemove(),
    };

    private static Command CreateList()
    {
        var command = new Command("list", "Lists the blocks in the database, the newest first.")
        {
            List.Limit,
            ServerOption.Server,
            JsonOutput.Json,
        };
        command.SetAction((arguments, cancellationToken) =>
            List.PrintAsync(arguments, [], cancellationToken));
        return command;
    }

    private static Command CreateAdd()
    {
        var command = new Command(
            "add", "Blocks a host: new links to it are refused, and its present links are not followed.")
        {
            Host,
            Subdomains,
            Reason,
            ServerOption.Server,
            JsonOutput.Json,
        };
        command.SetAction((arguments, cancellationToken) => ServerRequests.RunAsync(
            arguments, "terse block add", client => AddAsync(arguments, client, cancellationToken)));
        return command;
    }

    private static Command CreateRemove()
    {
        var command = new Command("remove", "Removes the block of a host.") { Host, ServerOption.Server };
        command.SetAction((arguments, cancellationToken) => ServerRequests.SendAsync(
            arguments,
            "terse block remove",
            () => ServerRequests.New(
                HttpMethod.Delete,
                $"{Path}/{Uri.EscapeDataString(arguments.GetValue(Host)!)}",
                body: null),
            $"The block of {arguments.GetValue(Host)} is removed.",
            cancellationToken));
        return command;
    }

    private static async Task<string?> AddAsync(
        ParseResult arguments, ServerClient client, CancellationToken cancellationToken)
    {
        var fields = new JsonObject
        {
            ["host"] = arguments.GetValue(Host),
            ["subdomains"] = arguments.GetValue(Subdomains),
            ["reason"] = arguments.GetValue(Reason),
        };
        using var request = ServerRequests.New(HttpMethod.Post, Path, fields);
        var (block, error) = await client.SendAsync(
            request, ServerAnswerJson.Default.JsonObject, cancellationToken);
        if (block?["host"] is null)
            return error ?? client.NotTerseError;
        await LinkTable.WriteAsync(arguments, block);
        return null;
    }

    private static string[] CellsOf(JsonObject block) =>
    [
        LinkTable.TextOf(block["host"]),
        block["subdomains"]?.GetValue<bool>() == true ? "yes" : "no",
        LinkTable.TextOf(block["createdAt"]),
        LinkTable.TextOf(block["reason"]),
    ];
}
