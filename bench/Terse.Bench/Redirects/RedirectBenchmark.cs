using Terse.Harness;

namespace Terse.Bench;

/// <summary>
/// Redirects of a million links: first each once, which reads the database; then all of them from memory,
/// beside a bare Kestrel and nginx that know one answer. Every visit is counted, and goes to the database.
/// </summary>
internal static class RedirectBenchmark
{
    private const int Links = 1_000_000;
    private const int Rounds = 7;
    private const double GoalRate = 0.95;
    private const double GoalCpu = 1.10;

    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Longer than the others' rounds: having stood still, Terse takes the load for over and counts at once,
    /// and what that costs beside redirects is to weigh as little as it does where nobody stands still.
    /// </summary>
    private static readonly TimeSpan OurRound = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LatencyTime = TimeSpan.FromSeconds(10);

    public static async Task<IEnumerable<Result>> RunAsync(string program)
    {
        using var folder = await SqliteLinks.MakeAsync(program, Links);
        await using var terse = await SqliteLinks.ServeAsync(program, folder, SqliteLinks.RoomForAll);
        await using var bare = await BareServer.StartAsync();
        await using var nginx = await NginxServer.StartAsync();
        var idle = ProcessUsage.ResidentBytes(terse.Id);
        var uncached = await SqliteLinks.FollowAllAsync(terse.Http.BaseAddress!, Wrk.Connections, Links);
        var cached = ProcessUsage.ResidentBytes(terse.Id);

        var results = await CompareAsync(terse, bare, nginx);
        var counted = await CountedASecond.MeasureAsync(terse);
        return
        [
            new(
                $"redirects/s of links in SQLite that are not cached, {Wrk.Connections} clients",
                $"{uncached:N0}",
                ""),
            .. results,
            new("visits/s that go to SQLite when the load is over", $"{counted:N0}", ""),
            new("resident memory with 1,000,000 links cached", $"{cached / 1e6:N0} MB", ""),
            new(
                "what that is more than idle, a link, its strings included",
                $"{(cached - idle) / Links:N0} bytes",
                ""),
        ];
    }

    /// <summary>
    /// Each in turn, many times, so that all see the same moods of the machine; Terse stands still while
    /// others are measured, since it would count visits meanwhile. What it counts beside redirects are visits
    /// of these rounds, which go to other links each, and not those of the first pass, which come in order.
    /// </summary>
    private static async Task<IEnumerable<Result>> CompareAsync(
        TerseProcess terse, TerseProcess bare, NginxServer nginx)
    {
        var (address, bareAddress) = (terse.Http.BaseAddress!, bare.Http.BaseAddress!);
        _ = await RunAsync(address, terse.Id, Warmup);
        _ = await RunAsync(bareAddress, bare.Id, Warmup);
        await CountedASecond.WaitForAllAsync(terse);
        List<Run> ours = [], bares = [], nginxes = [];
        for (var round = 0; round < Rounds; round++)
        {
            terse.Pause();
            bares.Add(await RunAsync(bareAddress, bare.Id, Round));
            nginxes.Add(await RunAsync(nginx.Address, nginx.Id, Round));
            terse.Resume();
            ours.Add(await RunAsync(address, terse.Id, OurRound));
        }

        var rate = Result.MedianOf(ours.Select(run => run.Rate));
        var rateShare = Result.MedianOf(ours.Zip(bares, (our, other) => our.Rate / other.Rate));
        var cpuShare = Result.MedianOf(ours.Zip(bares, (our, other) => our.Cpu / other.Cpu));
        return
        [
            new("cached redirects/s, 1,000,000 links, 64 connections of wrk", $"{rate:N0}", ""),
            new(
                "bare Kestrel, a constant 302: answers/s",
                $"{Result.MedianOf(bares.Select(run => run.Rate)):N0}",
                ""),
            new(
                "nginx, `return 302`: answers/s",
                $"{Result.MedianOf(nginxes.Select(run => run.Rate)):N0}",
                ""),
            new(
                $"cached redirects/s over bare Kestrel's, median of {Rounds} rounds",
                $"{rateShare:N2}",
                $"{GoalRate:N2}",
                rateShare >= GoalRate),
            new(
                "CPU of a cached redirect, its visit taken down",
                $"{Result.MedianOf(ours.Select(run => run.Cpu)):N1} µs",
                ""),
            new(
                "CPU of an answer of bare Kestrel",
                $"{Result.MedianOf(bares.Select(run => run.Cpu)):N1} µs",
                ""),
            new(
                $"CPU of the one over the other's, median of {Rounds} rounds",
                $"{cpuShare:N2}",
                $"{GoalCpu:N2}",
                cpuShare <= GoalCpu),
            await MeasureTimesAsync("cached redirect", address, rate / 2),
            await MeasureTimesAsync("answer of bare Kestrel", bareAddress, rate / 2),
        ];
    }

    private static async Task<Run> RunAsync(Uri server, int process, TimeSpan time)
    {
        var before = ProcessUsage.CpuTime(process);
        var run = await Wrk.RunAsync(server, Links, time);
        var used = ProcessUsage.CpuTime(process) - before;
        return new(run.Rate, used.TotalMicroseconds / run.Requests);
    }

    private static async Task<Result> MeasureTimesAsync(string what, Uri server, double rate)
    {
        var seed = 0;
        var times = await BenchClient.RunAtAsync(rate, server, Wrk.Connections, LatencyTime, () =>
        {
            var random = new Random(seed++);
            return BenchRequest.Follow(server, () => $"b{random.Next(Links) + 1}");
        });
        times.Sort();
        return new(
            $"time of a {what} at {times.Count / LatencyTime.TotalSeconds:N0}/s, p50 / p99 / p99.9",
            $"{At(0.5):N2} / {At(0.99):N2} / {At(0.999):N2} ms",
            "");

        double At(double share) => times[(int)(times.Count * share)].TotalMilliseconds;
    }

    /// <param name="Rate">Answers a second.</param>
    /// <param name="Cpu">Microseconds of a core an answer.</param>
    private sealed record Run(double Rate, double Cpu);
}
