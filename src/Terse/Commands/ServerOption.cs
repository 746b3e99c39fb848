using System.CommandLine;
using System.CommandLine.Parsing;

namespace Terse.Commands;

/// <summary>
/// Which server a command asks: <c>--server</c>, else <c>TERSE_SERVER</c>, else this machine's.
/// </summary>
internal static class ServerOption
{
    /// <summary>The exit code where <c>TERSE_SERVER</c> is not the URL of a server.</summary>
    public const int WrongEnvironment = 2;

    public static readonly Option<Uri> Server = new("--server")
    {
        Description = "The server to ask. [default: TERSE_SERVER, or http://127.0.0.1:8080]",
        CustomParser = argument =>
            Parse(argument.Tokens[0].Value)
            ?? Fail(argument, "--server must be a URL such as http://127.0.0.1:8080."),
    };

    /// <summary>The server; null where there is none, which standard error was told then.</summary>
    public static async Task<Uri?> ReadAsync(ParseResult arguments)
    {
        var server = arguments.GetValue(Server)
            ?? Parse(Environment.GetEnvironmentVariable("TERSE_SERVER") ?? "http://127.0.0.1:8080");
        if (server is null)
            await Console.Error.WriteLineAsync("TERSE_SERVER must be a URL such as http://127.0.0.1:8080.");
        return server;
    }

    private static Uri? Parse(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url)
        && url is { Scheme: "http" or "https", PathAndQuery: "/" }
            ? url
            : null;

    private static Uri? Fail(ArgumentResult argument, string message)
    {
        argument.AddError(message);
        return null;
    }
}
