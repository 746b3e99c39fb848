using System.Globalization;
using System.Text.RegularExpressions;
using Terse.Harness;

namespace Terse.Bench;

/// <summary>The results of one run of the load generator wrk.</summary>
/// <param name="Requests">The number of responses during the run.</param>
/// <param name="Rate">The responses per second.</param>
internal sealed record WrkRun(long Requests, double Rate);

/// <summary>
/// Runs the load generator wrk with one thread and 64 connections. Each request follows a random link and has
/// the headers of a browser.
/// </summary>
internal static partial class Wrk
{
    public const int Connections = 64;

    private const string Script =
        """
        local links = {links}
        math.randomseed(os.time())
        function request()
            return "GET /b" .. math.random(links) .. " HTTP/1.1\r\nHost: {host}\r\n" ..
                "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n" ..
                "Accept: text/html,application/xhtml+xml\r\nReferer: https://example.com/a/page\r\n\r\n"
        end
        """;

    public static async Task<WrkRun> RunAsync(Uri server, int links, TimeSpan time)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["follow.lua"], Script
            .Replace("{links}", links.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{host}", server.Authority, StringComparison.Ordinal));
        var ran = await Command.RunAsync("wrk", [
            "-t1",
            string.Create(CultureInfo.InvariantCulture, $"-c{Connections}"),
            string.Create(CultureInfo.InvariantCulture, $"-d{time.TotalSeconds:0}s"),
            "-s", folder["follow.lua"],
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
