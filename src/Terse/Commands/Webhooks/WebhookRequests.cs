using System.CommandLine;
using System.Text.Json.Nodes;

namespace Terse.Commands;

/// <summary>
/// The argument that names a webhook on the command line, and the requests of the commands that use it.
/// </summary>
internal static class WebhookRequests
{
    public const string Path = "/api/v1/webhooks";

    public static readonly Argument<string> Id = new("ID") { Description = "The id of the webhook." };

    /// <summary>The path of the webhook that the command line names.</summary>
    public static string PathOf(ParseResult arguments) =>
        $"{Path}/{Uri.EscapeDataString(arguments.GetValue(Id)!)}";

    /// <summary>Sends a request, and prints the webhook of the answer.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="command">The name of the command, for errors.</param>
    /// <param name="newRequest">Makes the request.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The exit code.</returns>
    public static Task<int> ShowAsync(
        ParseResult arguments,
        string command,
        Func<HttpRequestMessage> newRequest,
        CancellationToken cancellationToken) =>
        RunAsync(
            arguments,
            command,
            newRequest,
            "url",
            webhook => ShowAsync(arguments, webhook),
            cancellationToken);

    /// <summary>Sends a request, and handles the JSON of the answer.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="command">The name of the command, for errors.</param>
    /// <param name="newRequest">Makes the request.</param>
    /// <param name="field">A field that the answer of a Terse server has.</param>
    /// <param name="useAsync">Handles the answer.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The exit code.</returns>
    public static Task<int> RunAsync(
        ParseResult arguments,
        string command,
        Func<HttpRequestMessage> newRequest,
        string field,
        Func<JsonObject, Task> useAsync,
        CancellationToken cancellationToken) =>
        ServerRequests.RunAsync(arguments, command, async client =>
        {
            using var request = newRequest();
            var (answer, error) = await client.SendAsync(
                request, ServerAnswerJson.Default.JsonObject, cancellationToken);
            if (answer?[field] is null)
                return error ?? client.NotTerseError;
            await useAsync(answer);
            return null;
        });

    /// <summary>Prints a webhook, and how to use its secret if the answer contains one.</summary>
    private static async Task ShowAsync(ParseResult arguments, JsonObject webhook)
    {
        await LinkTable.WriteAsync(arguments, webhook);
        if (webhook["secret"] is null)
            return;
        await arguments.InvocationConfiguration.Error.WriteLineAsync(
            "Keep the secret in a safe place: it is not shown again. The receiver verifies signatures with "
            + "it.");
    }
}
