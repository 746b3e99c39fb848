using Terse.Harness;

namespace Terse.Bench;

/// <summary>
/// Measures redirects of a million links. The first pass follows each link once, so each redirect reads the
/// database; afterwards all redirects read the cache. The server counts every visit in the database. For
/// comparison, a minimal Kestrel server and nginx always send the same response.
/// </summary>
internal static class RedirectBenchmark
{
    private const int Links = 1_000_000;
    private const int Rounds = 7;
    private const double GoalRate = 1.0;
    private const double GoalCpu = 0.9;

    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long Terse is measured in each round. At the start of a round, a Terse server that was suspended
    /// assumes that the load has ended, and writes all waiting visits to the database. The round is long, so
    /// that this work is only a small part of the measured work.
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
            new("visits/s written to SQLite after the load", $"{counted:N0}", ""),
            new("resident memory with 1,000,000 links cached", $"{cached / 1e6:N0} MB", ""),
            new(
                "memory a cached link beyond idle, with its strings",
                $"{(cached - idle) / Links:N0} bytes",
                ""),
        ];
    }

    /// <summary>
    /// Measures the servers in turn and repeatedly, so that a change in the machine's speed affects all of
    /// them. While a different server is measured, Terse is suspended, because it would otherwise write
    /// visits to the database and take processor time. Before the first round, the method waits until Terse
    /// has written the visits of the first pass, so that these writes are not measured.
    /// </summary>
    private static async Task<IEnumerable<Result>> CompareAsync(
        TerseProcess terse, TerseProcess bare, NginxServer nginx)
    {
        var (address, bareAddress) = (terse.Http.BaseAddress!, bare.Http.BaseAddress!);
        _ = await RunAsync(address, terse.Id, Warmup);
        _ = await RunAsync(bareAddress, bare.Id, Warmup);
        await CountedASecond.WaitForAllAsync(terse);
        List<ServerRun> ours = [], bares = [], nginxes = [];
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
                "CPU of a cached redirect with its visit recorded",
                $"{Result.MedianOf(ours.Select(run => run.Cpu)):N1} µs",
                ""),
            new(
                "CPU of a response of bare Kestrel",
                $"{Result.MedianOf(bares.Select(run => run.Cpu)):N1} µs",
                ""),
            new(
                $"CPU of a redirect over CPU of a bare response, median of {Rounds} rounds",
                $"{cpuShare:N2}",
                $"{GoalCpu:N2}",
                cpuShare <= GoalCpu),
            await MeasureTimesAsync("cached redirect", address, rate / 2),
            await MeasureTimesAsync("response of bare Kestrel", bareAddress, rate / 2),
        ];
    }

    private static Task<ServerRun> RunAsync(Uri server, int process, TimeSpan time) =>
        ServerRun.MeasureAsync(process, () => Wrk.RunAsync(server, Links, time));

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
}
