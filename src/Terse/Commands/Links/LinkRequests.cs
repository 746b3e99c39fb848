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
        ServerRequests.RunAsync(
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
        ServerRequests.SendAsync(
            arguments,
            command,
            () => NewRequest(arguments, method, action, body: null),
            done,
            cancellationToken);

    private static HttpRequestMessage NewRequest(
        ParseResult arguments, HttpMethod method, string action, JsonObject? body)
    {
        var path = $"/api/v1/links/{Uri.EscapeDataString(arguments.GetValue(Code)!)}{action}";
        if (arguments.GetValue(Domain) is { } domain)
            path += $"?domain={Uri.EscapeDataString(domain)}";
        return ServerRequests.New(method, path, body);
    }
}
