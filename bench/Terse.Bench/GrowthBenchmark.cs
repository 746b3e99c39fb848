using System.Globalization;
using Terse.Harness;

namespace Terse.Bench;

/// <summary>
/// Compares the rate of redirects with ten thousand and with ten million links, on SQLite and on PostgreSQL.
/// The server's cache is too small for the links, so almost every redirect reads the database.
/// </summary>
internal static class GrowthBenchmark
{
    private const int Few = 10_000;
    private const int Many = 10_000_000;
    private const double GoalShare = 0.9;

    private const int Rounds = 5;

    /// <summary>How many links one statement inserts into PostgreSQL.</summary>
    private const int Chunk = 200_000;

    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Inserts links without running the triggers, because the triggers would make ten million inserts slow.
    /// </summary>
    private const string InsertLinks =
        """
        SET session_replication_role = replica;
        INSERT INTO link (id, domain, code, target, created_at, written_at)
        SELECT n, '', 'b' || n, 'https://example.com/a/long/way/' || n, now(), now()
        FROM generate_series({first}, {last}) AS n;
        SET session_replication_role = origin
        """;

    private static readonly string[] NoCache = ["--Cache:MaxEntries", "100"];

    public static async Task<IEnumerable<Result>> RunSqliteAsync(string program)
    {
        using var fewFolder = await SqliteLinks.MakeAsync(program, Few);
        using var manyFolder = await SqliteLinks.MakeAsync(program, Many);
        await using var few = await SqliteLinks.ServeAsync(program, fewFolder, NoCache);
        await using var many = await SqliteLinks.ServeAsync(program, manyFolder, NoCache);
        return await CompareAsync("SQLite", few, many);
    }

    public static async Task<IEnumerable<Result>> RunPostgresAsync(string program)
    {
        await using var few = await PostgresBench.StartAsync(program, NoCache);
        await using var many = await PostgresBench.StartAsync(program, NoCache);
        await InsertAsync(few, Few);
        await InsertAsync(many, Many);
        return await CompareAsync("PostgreSQL", few.Server, many.Server);
    }

    /// <summary>
    /// Measures the two servers alternately, so that a change in the machine's speed affects both of them.
    /// </summary>
    private static async Task<IEnumerable<Result>> CompareAsync(
        string where, TerseProcess few, TerseProcess many)
    {
        List<double> fews = [], manys = [];
        for (var round = 0; round < Rounds; round++)
        {
            fews.Add(await FollowAloneAsync(few, Few, other: many));
            manys.Add(await FollowAloneAsync(many, Many, other: few));
        }

        var share = Result.MedianOf(fews.Zip(manys, (one, other) => other / one));
        return
        [
            new($"redirects/s that read {where}, {Few:N0} links", $"{Result.MedianOf(fews):N0}", ""),
            new($"redirects/s that read {where}, {Many:N0} links", $"{Result.MedianOf(manys):N0}", ""),
            new(
                $"{where}: many over few, median of {Rounds} rounds",
                $"{share:N2}",
                $"{GoalShare}",
                share >= GoalShare),
        ];
    }

    private static async Task<double> FollowAloneAsync(TerseProcess server, int links, TerseProcess other)
    {
        other.Pause();
        var rate = await FollowAsync(server.Http.BaseAddress!, links);
        other.Resume();
        return rate;
    }

    private static async Task InsertAsync(PostgresBench bench, int links)
    {
        for (var last = Math.Min(Chunk, links); last <= links; last += Chunk)
        {
            var first = Math.Max(last - Chunk, 0) + 1;
            await bench.Postgres.Primary.ExecuteAsync(InsertLinks
                .Replace("{first}", first.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
                .Replace("{last}", last.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        }

        // The server does not index the links in the background, which would disturb the measurement.
        await bench.Postgres.Primary.ExecuteAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"UPDATE list_progress SET newer_than = {links}, older_than = NULL"));
        await bench.Postgres.Primary.ExecuteAsync("VACUUM ANALYZE link", TimeSpan.FromMinutes(5));
        await Eventually.IsTrueAsync(async () =>
            await bench.Postgres.Replicas[0].ReadAsync("SELECT coalesce(max(id), 0) FROM link") == links);
    }

    private static async Task<double> FollowAsync(Uri server, int links)
    {
        _ = await Wrk.RunAsync(server, links, Warmup);
        return (await Wrk.RunAsync(server, links, Time)).Rate;
    }
}
