using System.CommandLine;
using System.Text.Json.Nodes;

namespace Terse.Commands;

/// <summary>The command <c>terse links edit</c>, which changes fields of a link.</summary>
internal static class LinksEditCommand
{
    private const string Name = "terse links edit";

    private static readonly (Option<string> Option, string Field)[] Texts =
    [
        (Text("--target", "The URL that the link leads to."), "target"),
        (Text("--code", "The new code of the link; the present one stays an alias."), "code"),
        (Text("--title", "A name of the link for people."), "title"),
        (Text("--note", "A remark for the people who manage the link."), "note"),
        (Text("--valid-from", "When the link starts to work, such as 2027-01-31T18:00:00Z."), "validFrom"),
        (Text("--expires-at", "When the link expires, such as 2027-01-31T18:00:00Z."), "expiresAt"),
        (Text("--expires-in", "After which time the link expires, such as P30D."), "expiresIn"),
        (Text("--expired-target", "The URL that the link leads to after it has expired."), "expiredTarget"),
        (Text("--forward-query", "off, append or merge."), "forwardQuery"),
    ];

    private static readonly (Option<bool?> Option, string Field)[] Flags =
    [
        (new("--enabled") { Description = "true, or false to switch the link off." }, "enabled"),
        (new("--forward-path") { Description = "Whether the path after the code is forwarded." },
            "forwardPath"),
        (new("--visit-events") { Description = "Whether the visits of the link become events." },
            "visitEvents"),
    ];

    private static readonly (Option<long?> Option, string Field)[] Numbers =
    [
        (new("--max-visits") { Description = "How many visits of people the link allows." }, "maxVisits"),
        (new("--redirect-status") { Description = "301, 302, 307 or 308." }, "redirectStatus"),
    ];

    private static readonly Option<string[]> Tags = new("--tag")
    {
        Description = "A tag of the link; the tags replace its present tags. Can be given several times.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string[]> Clear = new("--clear")
    {
        Description = "The name of a field that loses its value, such as maxVisits or expiresAt.",
        Arity = ArgumentArity.OneOrMore,
    };

    public static Command Create()
    {
        var command = new Command("edit", "Changes fields of a link, and shows the link.")
        {
            LinkRequests.Code,
            LinkRequests.Domain,
            Tags,
            Clear,
            ServerOption.Server,
            JsonOutput.Json,
        };
        foreach (var (option, _) in Texts)
            command.Options.Add(option);
        foreach (var (option, _) in Flags)
            command.Options.Add(option);
        foreach (var (option, _) in Numbers)
            command.Options.Add(option);
        foreach (var option in LinkFiles.Options)
            command.Options.Add(option);
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var change = Read(arguments);
        if (await LinkFiles.AddToAsync(change, arguments, cancellationToken) is { } error)
        {
            await Console.Error.WriteLineAsync($"{Name}: {error}");
            return 1;
        }

        return await LinkRequests.ShowAsync(arguments, Name, HttpMethod.Patch, change, cancellationToken);
    }

    /// <summary>Makes the body of the request from the options that the command line contains.</summary>
    private static JsonObject Read(ParseResult arguments)
    {
        var change = new JsonObject();
        foreach (var (option, field) in Texts.Where(text => IsGiven(text.Option)))
            change[field] = arguments.GetValue(option);
        foreach (var (option, field) in Flags.Where(flag => IsGiven(flag.Option)))
            change[field] = arguments.GetValue(option);
        foreach (var (option, field) in Numbers.Where(number => IsGiven(number.Option)))
            change[field] = arguments.GetValue(option);
        if (IsGiven(Tags))
        {
            var tags = arguments.GetValue(Tags)!.Select(tag => JsonValue.Create(tag));
            change["tags"] = new JsonArray([.. tags]);
        }

        foreach (var field in arguments.GetValue(Clear) ?? [])
            change[field] = null;
        return change;

        bool IsGiven(Option option) => arguments.GetResult(option) is not null;
    }

    private static Option<string> Text(string name, string description) =>
        new(name) { Description = description };
}
