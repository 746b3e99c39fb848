using System.CommandLine;
using System.Text.Json.Nodes;

namespace Terse.Commands;

/// <summary>The options that set fields of a webhook.</summary>
internal static class WebhookFieldOptions
{
    public static readonly Option<string> Url = new("--url")
    {
        Description = "The new URL to which events are sent.",
    };

    public static readonly Option<string[]> Clear = new("--clear")
    {
        Description = "The name of a field that gets its default again, such as types. Can be repeated.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly (Option<string[]> Option, string Field)[] Lists =
    [
        (Repeated("--type", "Only events of a type such as link.created, or link for all."), "types"),
        (Repeated("--domain", "Only events about links of a domain, or 'default'."), "domains"),
        (Repeated("--tag", "Only events about links with a tag."), "tags"),
        (Repeated("--link", "Only events about the link with this id."), "links"),
    ];

    private static readonly Option<string> Description = new("--description")
    {
        Description = "A remark for people.",
    };

    public static void AddTo(Command command)
    {
        foreach (var (option, _) in Lists)
            command.Options.Add(option);
        command.Options.Add(Description);
    }

    /// <summary>Makes the body of the request from the options that the command line contains.</summary>
    public static JsonObject Read(ParseResult arguments)
    {
        var fields = new JsonObject();
        foreach (var (option, field) in Lists.Where(list => arguments.GetResult(list.Option) is not null))
        {
            var values = arguments.GetValue(option)!.Select(value => (JsonNode?)value);
            fields[field] = new JsonArray([.. values]);
        }

        if (arguments.GetResult(Description) is not null)
            fields["description"] = arguments.GetValue(Description);
        if (arguments.GetResult(Url) is not null)
            fields["url"] = arguments.GetValue(Url);
        foreach (var field in arguments.GetResult(Clear) is null ? [] : arguments.GetValue(Clear)!)
            fields[field] = null;
        return fields;
    }

    private static Option<string[]> Repeated(string name, string description) =>
        new(name) { Description = description + " Can be repeated.", Arity = ArgumentArity.OneOrMore };
}
