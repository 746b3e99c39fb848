using System.CommandLine;
using System.Text.Json.Nodes;

namespace Terse.Commands;

/// <summary>
/// The commands <c>terse tags rename</c> and <c>terse tags delete</c>, which change a tag on all its links.
/// </summary>
internal static class TagsChangeCommand
{
    private static readonly Argument<string> Tag = new("NAME") { Description = "The name of the tag." };

    private static readonly Argument<string> NewName = new("NEW") { Description = "The new name." };

    private static readonly Option<bool> Merge = new("--merge")
    {
        Description = "If another tag has the new name, makes both one tag. This cannot be undone.",
    };

    public static Command CreateRename()
    {
        var command = new Command("rename", "Renames a tag on all its links.")
        {
            Tag,
            NewName,
            Merge,
            ServerOption.Server,
        };
        command.SetAction((arguments, cancellationToken) => SendAsync(
            arguments,
            "terse tags rename",
            HttpMethod.Patch,
            arguments.GetValue(Merge) ? "?merge=true" : "",
            new JsonObject { ["name"] = arguments.GetValue(NewName) },
            "The tag is being renamed on all its links, in the background.",
            cancellationToken));
        return command;
    }

    public static Command CreateDelete()
    {
        var command = new Command("delete", "Removes a tag from all its links.") { Tag, ServerOption.Server };
        command.SetAction((arguments, cancellationToken) => SendAsync(
            arguments,
            "terse tags delete",
            HttpMethod.Delete,
            query: "",
            body: null,
            "The tag is being removed from all its links, in the background.",
            cancellationToken));
        return command;
    }

    private static Task<int> SendAsync(
        ParseResult arguments,
        string command,
        HttpMethod method,
        string query,
        JsonObject? body,
        string done,
        CancellationToken cancellationToken) =>
        ServerRequests.SendAsync(
            arguments,
            command,
            () => ServerRequests.New(
                method, $"/api/v1/tags/{Uri.EscapeDataString(arguments.GetValue(Tag)!)}{query}", body),
            done,
            cancellationToken);
}
