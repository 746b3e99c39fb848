using System.Globalization;
using System.Text.RegularExpressions;
using Terse.Harness;

namespace Terse.Bench;

/// <summary>The results of one run of the load generator wrk.</summary>
/// <param name="Requests">The number of responses during the run.</param>
/// <param name="Rate">The responses per second.</param>
internal sealed record WrkRun(long Requests, double Rate);

/// <summary>Runs the load generator wrk with one thread and 64 connections.</summary>
internal static partial class Wrk
{
    public const int Connections = 64;

    private const string FollowScript =
        """
        local links = {links}
        math.randomseed(os.time())
        function request()
            return "GET /b" .. math.random(links) .. " HTTP/1.1\r\nHost: {host}\r\n" ..
                "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n" ..
                "Accept: text/html,application/xhtml+xml\r\nReferer: https://example.com/a/page\r\n\r\n"
        end
        """;

    private const string CallScript =
        """
        wrk.method = "{method}"
        wrk.path = "/api/v1/{path}"
        wrk.headers["Content-Type"] = "application/json"
        wrk.headers["Authorization"] = {authorization}
        wrk.body = {body}
        """;

    /// <summary>
    /// Follows links. Each request follows a random link and has the headers of a browser.
    /// </summary>
    public static Task<WrkRun> RunAsync(Uri server, int links, TimeSpan time) => RunAsync(
        server,
        FollowScript
            .Replace("{links}", links.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{host}", server.Authority, StringComparison.Ordinal),
        time);

    /// <summary>Creates links. All links have the same target.</summary>
    /// <param name="server">The address of the server.</param>
    /// <param name="key">The API key; null for requests without a key.</param>
    /// <param name="time">How long wrk runs.</param>
    public static Task<WrkRun> CreateAsync(Uri server, string? key, TimeSpan time) => RunAsync(
        server,
        CallScriptOf("POST", "links", """[[{"target": "https://example.com/a/long/way/x"}]]""", key),
        time);

    /// <summary>Reads one path below <c>/api/v1/</c> again and again.</summary>
    /// <inheritdoc cref="CreateAsync"/>
    public static Task<WrkRun> ReadAsync(Uri server, string path, string? key, TimeSpan time) =>
        RunAsync(server, CallScriptOf("GET", path, body: "nil", key), time);

    private static string CallScriptOf(string method, string path, string body, string? key) => CallScript
        .Replace("{method}", method, StringComparison.Ordinal)
        .Replace("{path}", path, StringComparison.Ordinal)
        .Replace("{authorization}", key is null ? "nil" : $"\"Bearer {key}\"", StringComparison.Ordinal)
        .Replace("{body}", body, StringComparison.Ordinal);

    private static async Task<WrkRun> RunAsync(Uri server, string script, TimeSpan time)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["script.lua"], script);
        var ran = await Command.RunAsync("wrk", [
            "-t1",
            string.Create(CultureInfo.InvariantCulture, $"-c{Connections}"),
            string.Create(CultureInfo.InvariantCulture, $"-d{time.TotalSeconds:0}s"),
            "-s", folder["script.lua"],
            server.AbsoluteUri]);
        var counted = Counted().Match(ran.Output);
        if (!counted.Success || Wrong().IsMatch(ran.Output))
            throw new InvalidOperationException($"wrk: {ran.Errors}{ran.Output}");
        return new(
            long.Parse(counted.Groups["requests"].Value, CultureInfo.InvariantCulture),
            double.Parse(counted.Groups["rate"].Value, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(
        "(?<requests>[0-9]+) requests in [^$]*Requests/sec: +(?<rate>[0-9.]+)",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Counted();

    [GeneratedRegex("Non-2xx|Socket errors", RegexOptions.NonBacktracking)]
    private static partial Regex Wrong();
}
