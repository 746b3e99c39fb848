using System.CommandLine;
using System.Text.Json.Nodes;

namespace Terse.Commands;

/// <summary>The command <c>terse links list</c>, which lists links and searches for them.</summary>
internal static class LinksListCommand
{
    /// <summary>The maximum number of characters of a cell.</summary>
    private const int MaxCell = 60;

    private static readonly Argument<string[]> Search = new("WORD")
    {
        Description = "Words, or their beginnings, of the code, the target, the title, the note or the tags.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly (Option<string[]> Option, string Parameter)[] Tags =
    [
        (Repeated("--tag", "Links with this tag. Several of these options: links with all the tags."), "tag"),
        (Repeated("--any-tag", "Links with one of these tags."), "anyTag"),
        (Repeated("--no-tag", "Links with none of these tags."), "noTag"),
    ];

    private static readonly (Option<string> Option, string Parameter)[] Filters =
    [
        (Text("--domain", "Links of this domain."), "domain"),
        (Text("--state", "active, scheduled, expired, exhausted, disabled or deleted."), "state"),
        (Text("--created-from", "Links created at or after, such as 2027-01-31T00:00Z."), "createdFrom"),
        (Text("--created-until", "Links created before."), "createdUntil"),
        (Text("--target-host", "Links to this host."), "targetHost"),
        (Text("--not-visited-since", "Links that no person has visited since."), "notVisitedSince"),
        (Text("--order", "newest, oldest or visits. [default: newest]"), "order"),
    ];

    private static readonly PagedList List = new(
        "terse links list",
        "/api/v1/links",
        "links",
        ["SHORT URL", "TARGET", "STATE", "VISITS", "TITLE", "TAGS"],
        CellsOf);

    public static Command Create()
    {
        var command = new Command("list", "Lists links, and searches for them.")
        {
            Search,
            List.Limit,
            ServerOption.Server,
            JsonOutput.Json,
        };
        foreach (var (option, _) in Tags)
            command.Options.Add(option);
        foreach (var (option, _) in Filters)
            command.Options.Add(option);
        command.SetAction((arguments, cancellationToken) =>
            List.PrintAsync(arguments, Read(arguments), cancellationToken));
        return command;
    }

    private static List<(string Name, string Value)> Read(ParseResult arguments)
    {
        var parameters = new List<(string Name, string Value)>();
        if (arguments.GetValue(Search) is { Length: > 0 } words)
            parameters.Add(("q", string.Join(' ', words)));
        foreach (var (option, parameter) in Tags)
            parameters.AddRange((arguments.GetValue(option) ?? []).Select(tag => (parameter, tag)));
        foreach (var (option, parameter) in Filters)
        {
            if (arguments.GetValue(option) is { } value)
                parameters.Add((parameter, value));
        }

        return parameters;
    }

    private static string[] CellsOf(JsonObject link) =>
    [
        LinkTable.TextOf(link["shortUrl"]),
        Shorten(LinkTable.TextOf(link["target"])),
        LinkTable.TextOf(link["state"]),
        LinkTable.TextOf(link["visits"]?["total"]),
        Shorten(LinkTable.TextOf(link["title"])),
        Shorten(LinkTable.TextOf(link["tags"])),
    ];

    private static string Shorten(string text) =>
        text.Length <= MaxCell ? text : string.Concat(text.AsSpan(0, MaxCell - 1), "…");

    private static Option<string> Text(string name, string description) =>
        new(name) { Description = description };

    private static Option<string[]> Repeated(string name, string description) =>
        new(name) { Description = description };
}
