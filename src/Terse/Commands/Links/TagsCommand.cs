using System.CommandLine;
using System.Text.Json.Nodes;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse tags</c>, which lists the tags of all links. Its subcommands change a tag.
/// </summary>
internal static class TagsCommand
{
    private static readonly Argument<string> Beginning = new("BEGINNING")
    {
        Description = "The beginning of the tags to list.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly PagedList List = new(
        "terse tags", "/api/v1/tags", "tags", ["TAG", "LINKS", "VISITS"], CellsOf);

    public static Command Create()
    {
        var command = new Command("tags", "Lists tags with the numbers of their links and visits.")
        {
            Beginning,
            List.Limit,
            ServerOption.Server,
            JsonOutput.Json,
            TagsChangeCommand.CreateRename(),
            TagsChangeCommand.CreateDelete(),
        };
        command.SetAction((arguments, cancellationToken) => List.PrintAsync(
            arguments,
            arguments.GetValue(Beginning) is { } beginning ? [("q", beginning)] : [],
            cancellationToken));
        return command;
    }

    private static string[] CellsOf(JsonObject tag) =>
        [LinkTable.TextOf(tag["name"]), LinkTable.TextOf(tag["links"]), LinkTable.TextOf(tag["visits"])];
}
