using System.CommandLine;
using System.Text.Json.Nodes;

namespace Terse.Commands;

/// <summary>The options that set fields of a domain.</summary>
internal static class DomainFieldOptions
{
    public static readonly Option<string> NewName = new("--name")
    {
        Description = "The new host of the default domain.",
    };

    public static readonly Option<string[]> Clear = new("--clear")
    {
        Description = "The name of a field that gets its default again, such as homeRedirect.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly (Option<string> Option, string Field)[] Texts =
    [
        (Text("--home-redirect", "The URL to which / redirects."), "homeRedirect"),
        (Text("--not-found-redirect", "The URL to which unknown codes redirect."), "notFoundRedirect"),
        (Text("--expired-redirect", "The URL to which expired links redirect."), "expiredRedirect"),
        (Text("--favicon", "The URL of the icon."), "favicon"),
    ];

    private static readonly Option<FileInfo> RobotsTxt = new("--robots-txt")
    {
        Description = "A file with the text of /robots.txt.",
    };

    public static void AddTo(Command command)
    {
        foreach (var (option, _) in Texts)
            command.Options.Add(option);
        command.Options.Add(RobotsTxt.AcceptExistingOnly());
    }

    /// <summary>Makes the body of the request from the options that the command line contains.</summary>
    public static JsonObject Read(ParseResult arguments)
    {
        var fields = new JsonObject();
        foreach (var (option, field) in Texts.Where(text => arguments.GetResult(text.Option) is not null))
            fields[field] = arguments.GetValue(option);
        if (arguments.GetValue(RobotsTxt) is { } file)
            fields["robotsTxt"] = File.ReadAllText(file.FullName);
        if (arguments.GetResult(NewName) is not null)
            fields["name"] = arguments.GetValue(NewName);
        foreach (var field in arguments.GetResult(Clear) is null ? [] : arguments.GetValue(Clear)!)
            fields[field] = null;
        return fields;
    }

    private static Option<string> Text(string name, string description) =>
        new(name) { Description = description };
}
