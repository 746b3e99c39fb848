namespace Terse.Bench;

/// <summary>
/// Measures how many links per second a server on PostgreSQL creates for 64 clients. Each client waits for a
/// response before it sends the next request. Also measures how often per second the server advances the
/// horizon (the time up to which the database accepts no more links) under this load. For comparison, pgbench
/// inserts the same row with the same number of clients.
/// </summary>
internal static class PostgresCreateBenchmark
{
    private const int Clients = 64;
    private const double GoalShare = 0.8;
    private const double GoalBeats = 3.5;

    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(10);

    private const string InsertScript =
        """
        INSERT INTO link (id, domain, code, target, created_at, written_at)
        SELECT n, '', 'b' || n, 'https://example.com/a/long/way/x', clock_timestamp(),
            clock_timestamp() + interval '1 s'
        FROM nextval('bench_id') AS n
        ON CONFLICT (domain, code) DO NOTHING;
        """;

    public static async Task<IEnumerable<Result>> RunAsync(string program)
    {
        await using var bench = await PostgresBench.StartAsync(program);
        var address = bench.Address;
        await bench.Postgres.Primary.ExecuteAsync("CREATE SEQUENCE bench_id CACHE 100");
        _ = await BenchClient.RunAsync(address, Clients, Warmup, () => BenchRequest.Create(address));
        var bare = await bench.RunPgbenchAsync(InsertScript, Clients, Time / 2);
        var running = BenchClient.RunAsync(address, Clients, Time, () => BenchRequest.Create(address));
        var beats = await bench.CountBeatsAsync(running);
        var times = await running;
        bare = (bare + await bench.RunPgbenchAsync(InsertScript, Clients, Time / 2)) / 2;

        var rate = times.Count / Time.TotalSeconds;
        return
        [
            new($"creates/s, {Clients} clients, PostgreSQL", $"{rate:N0}", ""),
            new($"pgbench, {Clients} clients, the same row: rows/s", $"{bare:N0}", ""),
            new(
                "creates/s over pgbench's rows/s",
                $"{rate / bare:N2}",
                $"{GoalShare}",
                rate / bare >= GoalShare),
            Result.OfTimes($"time of a create, {Clients} clients, PostgreSQL", times),
            new("beats a second meanwhile, of 4", $"{beats:N2}", $"{GoalBeats}", beats >= GoalBeats),
        ];
    }
}
