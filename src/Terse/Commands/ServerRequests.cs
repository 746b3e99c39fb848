using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Terse.Commands;

/// <summary>Makes and sends the requests of commands that use the API of a server.</summary>
internal static class ServerRequests
{
    /// <param name="method">The method.</param>
    /// <param name="path">The path and the query, escaped.</param>
    /// <param name="body">The body; null to send none.</param>
    public static HttpRequestMessage New(HttpMethod method, string path, JsonObject? body) =>
        new(method, new Uri(path, UriKind.Relative))
        {
            Content = body is null ? null : JsonContent.Create(body, ServerAnswerJson.Default.JsonObject),
        };

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

    /// <summary>Prints a resource: with <c>--json</c> as the server sends it, else for people.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="command">The name of the command, for errors.</param>
    /// <param name="path">The path and the query, escaped.</param>
    /// <param name="type">The type of the resource.</param>
    /// <param name="isComplete">Whether the resource has all fields that are not optional.</param>
    /// <param name="writeAsync">Prints the resource for people.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The exit code.</returns>
    public static Task<int> ShowAsync<T>(
        ParseResult arguments,
        string command,
        string path,
        JsonTypeInfo<T> type,
        Func<T, bool> isComplete,
        Func<T, TextWriter, Task> writeAsync,
        CancellationToken cancellationToken)
        where T : class =>
        RunAsync(
            arguments,
            command,
            async client =>
            {
                using var request = New(HttpMethod.Get, path, body: null);
                var (answer, error) = await client.SendAsync(
                    request, ServerAnswerJson.Default.JsonObject, cancellationToken);
                if (answer is null || Read(answer, type, isComplete) is not { } resource)
                    return error ?? client.NotTerseError;
                var output = arguments.InvocationConfiguration.Output;
                if (arguments.GetValue(JsonOutput.Json))
                    await output.WriteLineAsync(answer.ToJsonString(JsonOutput.Indented));
                else
                    await writeAsync(resource, output);
                return null;
            });

    /// <summary>Returns null if the answer does not come from a Terse server.</summary>
    private static T? Read<T>(JsonObject answer, JsonTypeInfo<T> type, Func<T, bool> isComplete)
        where T : class
    {
        try
        {
            return answer.Deserialize(type) is { } resource && isComplete(resource) ? resource : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

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
        await Console.Error.WriteLineAsync($"{command}: {VisibleText.Of(error)}");
        return 1;
    }
}
