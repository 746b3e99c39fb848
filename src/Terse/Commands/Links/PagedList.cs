using System.CommandLine;
using System.Text.Json.Nodes;

namespace Terse.Commands;

/// <summary>Reads a list of the API page by page, and prints it as a table or as JSON.</summary>
/// <param name="command">The name of the command, for errors.</param>
/// <param name="path">The path of the list.</param>
/// <param name="field">The field of each page that contains its elements.</param>
/// <param name="head">The names of the columns of the table.</param>
/// <param name="cellsOf">Returns the cells of an element.</param>
internal sealed class PagedList(
    string command, string path, string field, string[] head, Func<JsonObject, string[]> cellsOf)
{
    /// <summary>The maximum number of elements that a page can have.</summary>
    private const int MaxPage = 500;

    private const int DefaultLimit = 50;

    public Option<int> Limit { get; } = new("--limit")
    {
        Description = "How many rows to print at most.",
        DefaultValueFactory = _ => DefaultLimit,
    };

    /// <param name="arguments">The command line.</param>
    /// <param name="parameters">The parameters of the query.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    /// <param name="below">What follows the path of the list, escaped.</param>
    /// <returns>The exit code.</returns>
    public Task<int> PrintAsync(
        ParseResult arguments,
        IReadOnlyList<(string Name, string Value)> parameters,
        CancellationToken cancellationToken,
        string below = "") =>
        ServerRequests.RunAsync(
            arguments,
            command,
            async client =>
            {
                var limit = arguments.GetValue(Limit);
                if (limit < 1)
                    return "--limit must be 1 or more.";
                var (rows, hasMore, error) = await ReadAsync(
                    client, path + below, parameters, limit, cancellationToken);
                if (error is not null)
                    return error;
                await WriteAsync(arguments, rows, hasMore);
                return null;
            });

    private async Task<(JsonArray Rows, bool HasMore, string? Error)> ReadAsync(
        ServerClient client,
        string fullPath,
        IReadOnlyList<(string Name, string Value)> parameters,
        int limit,
        CancellationToken cancellationToken)
    {
        var rows = new JsonArray();
        string? cursor = null;
        do
        {
            using var request = new HttpRequestMessage(
                HttpMethod.Get, UrlOf(fullPath, parameters, Math.Min(limit - rows.Count, MaxPage), cursor));
            var (page, error) = await client.SendAsync(
                request, ServerAnswerJson.Default.JsonObject, cancellationToken);
            if (page?[field] is not JsonArray elements)
                return (rows, false, error ?? client.NotTerseError);
            foreach (var element in elements.Select(element => element!.DeepClone()))
                rows.Add(element);
            cursor = page["next"]?.GetValue<string>();
        }
        while (cursor is not null && rows.Count < limit);
        return (rows, cursor is not null, null);
    }

    private static Uri UrlOf(
        string fullPath, IReadOnlyList<(string Name, string Value)> parameters, int limit, string? cursor)
    {
        List<(string Name, string Value)> all = [.. parameters, ("limit", $"{limit}")];
        if (cursor is not null)
            all.Add(("cursor", cursor));
        var query = all.Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(parameter.Value)}");
        return new($"{fullPath}?{string.Join('&', query)}", UriKind.Relative);
    }

    private async Task WriteAsync(ParseResult arguments, JsonArray rows, bool hasMore)
    {
        var output = arguments.InvocationConfiguration.Output;
        if (arguments.GetValue(JsonOutput.Json))
        {
            await output.WriteLineAsync(rows.ToJsonString(JsonOutput.Indented));
            return;
        }

        await TextTable.WriteAsync(output, [head, .. rows.Select(row => cellsOf(row!.AsObject()))]);
        if (hasMore)
            await output.WriteLineAsync("There are more; raise --limit.");
    }
}
