using System.Net.Http.Json;
using System.Text.Json;
using Terse.Harness;

namespace Terse.ProcessTests;

/// <summary>Tests of the log as JSON on standard output, with the default levels.</summary>
public sealed class JsonLogTests
{
    private const string ServerName = "web-1";
    private const string ReadyEvent = "LogReady";

    /// <summary>The fields of every line.</summary>
    private static readonly string[] Fields =
    [
        "time", "level", "category", "event.id", "message",
        "service.name", "service.version", "service.instance.id", "terse.configuration.hash",
    ];

    [Fact]
    public async Task Every_line_is_one_JSON_object_that_names_the_server_and_its_configuration()
    {
        using var folder = new TemporaryFolder();
        var (lines, _) = await RunAsync(folder.Path);

        Assert.All(lines, line => Assert.All(
            Fields, field => Assert.True(line.TryGetProperty(field, out _), field)));
        Assert.All(lines, line => Assert.Equal("terse", TextOf(line, "service.name")));
        Assert.All(lines, line => Assert.Equal(ServerName, TextOf(line, "service.instance.id")));
        Assert.All(lines, line => Assert.Matches(@"^\d{4}-\d\d-\d\dT[\d:.]+Z$", TextOf(line, "time")));
        Assert.All(lines, line => Assert.True(line.GetProperty("event.id").TryGetInt32(out _)));
        Assert.Single(lines.Select(line => TextOf(line, "terse.configuration.hash")).Distinct());
    }

    [Fact]
    public async Task The_first_line_with_the_level_Information_says_that_the_server_is_ready()
    {
        using var folder = new TemporaryFolder();
        var (lines, _) = await RunAsync(folder.Path);

        var first = lines.First(line => TextOf(line, "level") == "information");
        Assert.Equal(ReadyEvent, TextOf(first, "event.name"));
        Assert.Matches(
            @"^terse \d+\.\d+\.\d+(-[0-9a-z.]+)? is ready on http://127\.0\.0\.1:\d+, links in SQLite ",
            TextOf(first, "message"));
    }

    [Fact]
    public async Task A_line_that_a_request_has_caused_contains_the_trace_id_of_its_response()
    {
        using var folder = new TemporaryFolder();
        var (lines, traceIds) = await RunAsync(folder.Path);

        Assert.Equal(
            traceIds,
            lines.Where(line => line.TryGetProperty("trace_id", out _))
                .Select(line => TextOf(line, "trace_id")));
        Assert.Equal(
            traceIds.Count,
            lines.Count(line => line.TryGetProperty("span_id", out var id)
                && Convert.FromHexString(id.GetString()!).Length == 8));
        var ready = Assert.Single(lines, line => TextOf(line, "event.name") == ReadyEvent);
        Assert.Null(TextOf(ready, "trace_id"));
    }

    /// <summary>
    /// Runs a server, which logs both requests that it receives, and returns all lines of its standard output
    /// and the trace ids of the responses.
    /// </summary>
    private static async Task<(List<JsonElement> Lines, List<string> TraceIds)> RunAsync(string data)
    {
        using var process = Command.Start(
            Repository.Program,
            [
                "serve",
                "--urls", "http://127.0.0.1:0",
                "--data", data,
                "--Drain:Delay", "00:00:00",
                "--Server:Name", ServerName,
                "--Telemetry:RequestLogShare", "1",
            ],
            folder: null,
            ("TERSE__Telemetry__LogFormat", "json"));
        try
        {
            process.BeginErrorReadLine();
            var lines = await ReadUntilReadyAsync(process.StandardOutput);
            var traceIds = await SendRequestsAsync(AddressIn(lines[^1]));
            ChildProcess.Signal(process, ChildProcess.SigTerm);
            var rest = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.Equal(0, process.ExitCode);
            lines.AddRange(rest.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse));
            return (lines, traceIds);
        }
        finally
        {
            process.Kill();
        }
    }

    private static async Task<List<JsonElement>> ReadUntilReadyAsync(StreamReader output)
    {
        var lines = new List<JsonElement>();
        do
        {
            var line = await output.ReadLineAsync();
            Assert.NotNull(line);
            lines.Add(Parse(line));
        }
        while (TextOf(lines[^1], "event.name") != ReadyEvent);

        return lines;
    }

    private static Uri AddressIn(JsonElement ready) =>
        new(ready.GetProperty("values").GetProperty("Addresses").GetString()!);

    /// <summary>Creates a link, and follows an unknown code.</summary>
    private static async Task<List<string>> SendRequestsAsync(Uri server)
    {
        using var http = new HttpClient { BaseAddress = server };
        using var created = await http.PostAsJsonAsync(
            new Uri("/api/v1/links", UriKind.Relative), new { target = "https://example.com/" });
        using var unknown = await http.GetAsync(new Uri("/unknown", UriKind.Relative));
        return [TraceIdOf(created), TraceIdOf(unknown)];
    }

    private static string TraceIdOf(HttpResponseMessage response) =>
        Assert.Single(response.Headers.GetValues("X-Trace-Id"));

    private static JsonElement Parse(string line)
    {
        var parsed = JsonDocument.Parse(line).RootElement;
        Assert.Equal(JsonValueKind.Object, parsed.ValueKind);
        return parsed;
    }

    private static string? TextOf(JsonElement line, string field) =>
        line.TryGetProperty(field, out var value) ? value.GetString() : null;
}
