using Terse.Harness;

namespace Terse.Bench;

/// <summary>
/// Sends 10,000 requests a second for invented codes from one address to a server with two replicas, and
/// counts the responses by their status code, and the statements on the primary that the flood causes. Also
/// measures how many redirects of cached links the server makes meanwhile, and without the flood.
/// </summary>
internal static class FloodBenchmark
{
    private const int Rate = 10_000;
    private const int Links = 10_000;
    private const double GoalShare = 0.8;
    private const double GoalStatements = 100;

    /// <summary>
    /// The number of connections of the flood. A response may take 100 ms before it delays the next request.
    /// </summary>
    private const int Clients = 1000;

    /// <summary>The statements of a lookup and of a fence, as a regular expression.</summary>
    private const string Statements = "LEFT JOIN LATERAL|pg_logical_emit_message";

    private static readonly TimeSpan Time = TimeSpan.FromSeconds(10);

    public static async Task<IEnumerable<Result>> RunAsync(string program)
    {
        await using var bench = await PostgresBench.StartAsync(program, replicas: 2, countsStatements: true);
        var (address, primary) = (bench.Address, bench.Postgres.Primary);
        await bench.InsertLinksAsync(Links);
        _ = await SqliteLinks.FollowAllAsync(address, Wrk.Connections, Links);
        var alone = await Wrk.RunAsync(address, Links, Time);

        await StatementStatistics.ResetAsync(primary);
        var statuses = new long[1000];
        var seed = 0;
        var (serverCpu, clientCpu) = ReadCpuTimes(bench);
        var begin = TimeProvider.System.GetTimestamp();
        var flood = BenchClient.RunAtAsync(Rate, address, Clients, Time, NewRequest);
        var beside = await Wrk.RunAsync(address, Links, Time);
        var times = await flood;
        var seconds = TimeProvider.System.GetElapsedTime(begin).TotalSeconds;
        var statements = await StatementStatistics.CountAsync(primary, Statements) / seconds;
        var (serverCpuAfter, clientCpuAfter) = ReadCpuTimes(bench);

        var others = statuses.Sum() - statuses[404] - statuses[503];
        return
        [
            new($"invented codes/s, {Clients} clients, 2 replicas", $"{times.Count / seconds:N0}", ""),
            new(
                "responses to them: 404 / 503 / others",
                $"{statuses[404]:N0} / {statuses[503]:N0} / {others:N0}",
                "only 404",
                statuses[404] == times.Count),
            Result.OfTimes("time of such a response", times),
            new(
                "lookups and fences a second on the primary meanwhile",
                $"{statements:N0}",
                $"{GoalStatements}",
                statements <= GoalStatements),
            new(
                "processors busy with: the server / the flood's clients",
                $"{(serverCpuAfter - serverCpu) / seconds:N2} / {(clientCpuAfter - clientCpu) / seconds:N2}",
                ""),
            new("redirects/s of cached links without the flood", $"{alone.Rate:N0}", ""),
            new("redirects/s of cached links beside the flood", $"{beside.Rate:N0}", ""),
            new(
                "redirects/s beside the flood over those without it",
                $"{beside.Rate / alone.Rate:N2}",
                $"{GoalShare}",
                beside.Rate / alone.Rate >= GoalShare),
        ];

        BenchRequest NewRequest()
        {
            var random = new Random(seed++);
            return BenchRequest.Invent(
                address,
                () => $"wp-{random.NextInt64():x}.php",
                status => Interlocked.Increment(ref statuses[status]));
        }
    }

    /// <summary>
    /// The processor time of the server, and of this process, which sends the flood, in seconds.
    /// </summary>
    private static (double Server, double Clients) ReadCpuTimes(PostgresBench bench) =>
        (ProcessUsage.CpuTime(bench.Server.Id).TotalSeconds,
        ProcessUsage.CpuTime(Environment.ProcessId).TotalSeconds);
}
