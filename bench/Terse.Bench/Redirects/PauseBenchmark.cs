using System.Globalization;
using Microsoft.Diagnostics.Tracing;
using Terse.Harness;

namespace Terse.Bench;

/// <summary>
/// Measures the longest pause by the garbage collector during one minute of load. A pause lasts from the
/// request to suspend all threads until the threads run again. The times come from events of the .NET
/// runtime.
/// </summary>
internal static class PauseBenchmark
{
    private const int Links = 1_000_000;

    private static readonly TimeSpan Time = TimeSpan.FromMinutes(1);

    public static async Task<IEnumerable<Result>> RunAsync(string program)
    {
        using var folder = await SqliteLinks.MakeAsync(program, Links);
        var trace = folder["pauses.nettrace"];
        DateTime begin, end;
        await using (var server = await TerseProcess.StartAsync(
            program,
            ["serve", "--urls", "http://127.0.0.1:0", "--data", folder.Path, .. SqliteLinks.RoomForAll],
            environment:
            [
                ("DOTNET_EnableEventPipe", "1"),
                ("DOTNET_EventPipeOutputPath", trace),
                ("DOTNET_EventPipeConfig", "Microsoft-Windows-DotNETRuntime:0x1:4"),
            ]))
        {
            _ = await SqliteLinks.FollowAllAsync(server.Http.BaseAddress!, Wrk.Connections, Links);
            begin = TimeProvider.System.GetUtcNow().UtcDateTime;
            _ = await Wrk.RunAsync(server.Http.BaseAddress!, Links, Time);
            end = TimeProvider.System.GetUtcNow().UtcDateTime;
            await server.StopAsync();
        }

        var pauses = Read(trace).FindAll(pause => begin < pause.At && pause.At < end);
        var longest = pauses.MaxBy(pause => pause.Ms)!;
        return
        [
            new(
                "longest pause of the garbage collector in a minute of load, 1,000,000 links cached",
                string.Create(CultureInfo.InvariantCulture, $"{longest.Ms:N1} ms, for {longest.Why}"),
                ""),
            new(
                "pauses in that minute, and their sum",
                $"{pauses.Count}, {pauses.Sum(pause => pause.Ms):N0} ms",
                ""),
        ];
    }

    /// <summary>Reads all garbage collection pauses from the event trace file at a path.</summary>
    private static List<Pause> Read(string trace)
    {
        var pauses = new List<Pause>();
        using var events = new EventPipeEventSource(trace);
        var (begin, why) = (0.0, "");
        events.Clr.GCSuspendEEStart += data => begin = data.TimeStampRelativeMSec;
        events.Clr.GCStart += data => why = string.Create(
            CultureInfo.InvariantCulture, $"generation {data.Depth} ({data.Type}, {data.Reason})");
        events.Clr.GCRestartEEStop += data =>
            pauses.Add(new(data.TimeStamp.ToUniversalTime(), data.TimeStampRelativeMSec - begin, why));
        events.Process();
        return pauses;
    }

    /// <param name="At">The time at which the pause ended.</param>
    /// <param name="Ms">The length of the pause in milliseconds.</param>
    /// <param name="Why">The generation, the kind and the cause of the garbage collection.</param>
    private sealed record Pause(DateTime At, double Ms, string Why);
}
