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

    private static readonly Option<string> RobotsTxt = new("--robots-txt")
    {
        Description = "A file with the text of /robots.txt.",
    };

    /// <summary>More than the server accepts.</summary>
    private const int MaxRobotsChars = 16 * 1024;

    public static void AddTo(Command command)
    {
        foreach (var (option, _) in Texts)
            command.Options.Add(option);
        command.Options.Add(RobotsTxt);
    }

    /// <summary>Makes the body of the request from the options that the command line contains.</summary>
    /// <returns>The body, or an error message.</returns>
    public static (JsonObject? Body, string? Error) Read(ParseResult arguments)
    {
        var fields = new JsonObject();
        foreach (var (option, field) in Texts.Where(text => arguments.GetResult(text.Option) is not null))
            fields[field] = arguments.GetValue(option);
        if (arguments.GetValue(RobotsTxt) is { } file)
        {
            try
            {
                fields["robotsTxt"] = ReadBeginning(file);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return (null, $"{file} cannot be read: {exception.Message}");
            }
        }

        if (arguments.GetResult(NewName) is not null)
            fields["name"] = arguments.GetValue(NewName);
        foreach (var field in arguments.GetResult(Clear) is null ? [] : arguments.GetValue(Clear)!)
            fields[field] = null;
        return (fields, null);
    }

    private static string ReadBeginning(string file)
    {
        using var reader = new StreamReader(file);
        var text = new char[MaxRobotsChars];
        return new string(text, 0, reader.ReadBlock(text));
    }

    private static Option<string> Text(string name, string description) =>
        new(name) { Description = description };
}
