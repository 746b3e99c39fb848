using System.CommandLine;
using System.Text.Json.Nodes;

namespace Terse.Commands;

/// <summary>
/// The arguments that name a link on the command line, and the requests of the commands that use them.
/// </summary>
internal static class LinkRequests
{
    public static readonly Argument<string> Code = new("CODE")
    {
        Description = "The code of the link: what follows the slash in its short URL.",
    };

    public static readonly Option<string> Domain = new("--domain")
    {
        Description = "The domain of the link. [default: the domain of the server's URL]",
    };

    /// <summary>
    /// Sends a request for the link that the command line names, and prints the link of the answer.
    /// </summary>
    /// <returns>The exit code.</returns>
    public static Task<int> ShowAsync(
        ParseResult arguments,
        string command,
        HttpMethod method,
        JsonObject? body,
        CancellationToken cancellationToken,
        string action = "") =>
        RunAsync(
            arguments,
            command,
            async client =>
            {
                using var request = NewRequest(arguments, method, action, body);
                var (link, error) = await client.SendAsync(
                    request, ServerAnswerJson.Default.JsonObject, cancellationToken);
                if (link is null)
                    return error;
                await LinkTable.WriteAsync(arguments, link);
                return null;
            });

    /// <summary>Sends a request whose answer has no body, and prints a sentence.</summary>
    /// <returns>The exit code.</returns>
    public static Task<int> SendAsync(
        ParseResult arguments,
        string command,
        HttpMethod method,
        string action,
        string done,
        CancellationToken cancellationToken) =>
        SendAsync(
            arguments,
            command,
            () => NewRequest(arguments, method, action, body: null),
            done,
            cancellationToken);

    /// <summary>Sends a request whose answer has no body, and prints a sentence.</summary>
    /// <returns>The exit code.</returns>
    public static Task<int> SendAsync(
        ParseResult arguments,
        string command,
        Func<HttpRequestMessage> newRequest,
        string done,
        CancellationToken cancellationToken) =>
        RunAsync(
            arguments,
            command,
            async client =>
            {
                using var request = newRequest();
                if (await client.SendAsync(request, cancellationToken) is { } error)
                    return error;
                await arguments.InvocationConfiguration.Output.WriteLineAsync(done);
                return null;
            });

    /// <summary>
    /// Connects to the server that the command line names, and prints the error of the work.
    /// </summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="command">The name of the command, for errors.</param>
    /// <param name="workAsync">Does the work; returns an error message, or null after success.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(
        ParseResult arguments, string command, Func<ServerClient, Task<string?>> workAsync)
    {
        if (await ServerOption.ReadAsync(arguments) is not { } server)
            return ServerOption.WrongEnvironment;
        using var client = new ServerClient(server, maxConnections: 1);
        if (await workAsync(client) is not { } error)
            return 0;
        await Console.Error.WriteLineAsync($"{command}: {error}");
        return 1;
    }

    private static HttpRequestMessage NewRequest(
        ParseResult arguments, HttpMethod method, string action, JsonObject? body)
    {
        var path = $"/api/v1/links/{Uri.EscapeDataString(arguments.GetValue(Code)!)}{action}";
        if (arguments.GetValue(Domain) is { } domain)
            path += $"?domain={Uri.EscapeDataString(domain)}";
        return new(method, new Uri(path, UriKind.Relative))
        {
            Content = body is null ? null : JsonContent.Create(body, ServerAnswerJson.Default.JsonObject),
        };
    }
}
