using Npgsql;

namespace Terse.Bench;

/// <summary>
/// Measures how many redirects per second a server makes if each redirect reads the replica. For comparison,
/// a loop without a server looks up one code per statement, over the same number of connections.
/// </summary>
internal static class PostgresLookupBenchmark
{
    private const int Clients = 64;
    private const int Connections = 20;
    private const int Links = 100_000;
    private const double GoalShare = 0.8;

    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The statement that looks up one code. Terse looks up several codes with one statement.
    /// </summary>
    private const string SelectLink =
        """
        SELECT h.closed_at,
            CASE WHEN pg_is_in_recovery() THEN h.timeline ELSE horizon_timeline() END,
            (SELECT count(*) FROM id_layout), pg_is_in_recovery(),
            l.id, l.domain, l.code, l.target, l.created_at
        FROM horizon AS h LEFT JOIN link AS l ON l.domain = $1 AND l.code = $2
        """;

    public static async Task<IEnumerable<Result>> RunAsync(string program)
    {
        await using var bench = await PostgresBench.StartAsync(program);
        var (address, replica) = (bench.Address, bench.Postgres.Replicas[0]);
        await bench.InsertLinksAsync(Links);

        _ = await FollowAsync(Warmup);
        var bare = await MeasureBareAsync(replica.ConnectionString, Time / 2);
        var times = await FollowAsync(Time);
        bare = (bare + await MeasureBareAsync(replica.ConnectionString, Time / 2)) / 2;

        var rate = times.Count / Time.TotalSeconds;
        return
        [
            new($"redirects/s that read the replica, {Clients} clients", $"{rate:N0}", ""),
            new($"bare Npgsql loop, {Connections} connections: lookups/s", $"{bare:N0}", ""),
            new(
                "redirects/s over the bare loop's lookups/s",
                $"{rate / bare:N2}",
                $"{GoalShare}",
                rate / bare >= GoalShare),
            Result.OfTimes($"time of such a redirect, {Clients} clients", times),
        ];

        Task<List<TimeSpan>> FollowAsync(TimeSpan time)
        {
            var seed = 0;
            return BenchClient.RunAsync(address, Clients, time, () =>
            {
                var random = new Random(seed++);
                return BenchRequest.Follow(address, () => $"b{random.Next(Links) + 1}");
            });
        }
    }

    private static async Task<double> MeasureBareAsync(string replica, TimeSpan time)
    {
        await using var source = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(replica) { MaxPoolSize = Connections });
        var loops = Enumerable.Range(0, Connections).Select(seed => LookUpAsync(source, new(seed), time));
        return (await Task.WhenAll(loops)).Sum() / time.TotalSeconds;
    }

    private static async Task<int> LookUpAsync(NpgsqlDataSource source, Random random, TimeSpan time)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var select = new NpgsqlCommand(SelectLink, connection);
        var code = new NpgsqlParameter<string>();
        select.Parameters.Add(new NpgsqlParameter<string> { TypedValue = "" });
        select.Parameters.Add(code);
        await select.PrepareAsync();
        var begin = TimeProvider.System.GetTimestamp();
        var lookups = 0;
        for (; TimeProvider.System.GetElapsedTime(begin) < time; lookups++)
        {
            code.TypedValue = $"b{random.Next(Links) + 1}";
            await using var row = await select.ExecuteReaderAsync();
            if (!await row.ReadAsync() || await row.IsDBNullAsync(4))
                throw new InvalidOperationException($"{code.TypedValue} does not exist.");
            _ = row.GetString(7);
        }

        return lookups;
    }
}
