using System.CommandLine;
using System.CommandLine.Parsing;

namespace Terse.Commands;

/// <summary>
/// Determines the URL of the server that a command connects to: the option <c>--server</c>, otherwise the
/// environment variable <c>TERSE_SERVER</c>, otherwise <c>http://127.0.0.1:8080</c>.
/// </summary>
internal static class ServerOption
{
    /// <summary>The exit code of a command if <c>TERSE_SERVER</c> is not the URL of a server.</summary>
    public const int WrongEnvironment = 2;

    public static readonly Option<Uri> Server = new("--server")
    {
        Description = "The URL of the server. [default: TERSE_SERVER, or http://127.0.0.1:8080]",
        CustomParser = argument =>
            Parse(argument.Tokens[0].Value)
            ?? Fail(argument, "--server must be a URL such as http://127.0.0.1:8080."),
    };

    /// <summary>
    /// Returns the URL of the server. If <c>TERSE_SERVER</c> is invalid, prints an error message and returns
    /// null.
    /// </summary>
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
