using System.Globalization;
using Terse.Harness;

namespace Terse.Bench;

/// <summary>
/// Redirects that each read the database, of ten thousand links and of ten million, in SQLite and in
/// PostgreSQL; the cache is made so small that it holds next to none of them.
/// </summary>
internal static class GrowthBenchmark
{
    private const int Few = 10_000;
    private const int Many = 10_000_000;
    private const double GoalShare = 0.9;

    private const int Rounds = 3;

    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(5);

    /// <summary>No trigger: ten million rows are to be there, however they came.</summary>
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
        List<double> fews = [], manys = [];
        for (var round = 0; round < Rounds; round++)
        {
            fews.Add(await FollowAloneAsync(few, Few, other: many));
            manys.Add(await FollowAloneAsync(many, Many, other: few));
        }

        return Show("SQLite", fews.Order().ElementAt(Rounds / 2), manys.Order().ElementAt(Rounds / 2));
    }

    public static async Task<IEnumerable<Result>> RunPostgresAsync(string program)
    {
        await using var bench = await PostgresBench.StartAsync(program, NoCache);
        await InsertAsync(bench, 1, Few);
        var few = await FollowAsync(bench.Address, Few);
        await InsertAsync(bench, Few + 1, Many);
        return Show("PostgreSQL", few, await FollowAsync(bench.Address, Many));
    }

    /// <summary>The servers take turns, so that both see the same moods of the machine.</summary>
    private static async Task<double> FollowAloneAsync(TerseProcess server, int links, TerseProcess other)
    {
        other.Pause();
        var rate = await FollowAsync(server.Http.BaseAddress!, links);
        other.Resume();
        return rate;
    }

    private static async Task InsertAsync(PostgresBench bench, int first, int last)
    {
        await bench.Postgres.Primary.ExecuteAsync(InsertLinks
            .Replace("{first}", first.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{last}", last.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        await bench.Postgres.Primary.ExecuteAsync("VACUUM ANALYZE link");
        await Eventually.IsSoAsync(async () =>
            await bench.Postgres.Replicas[0].ReadAsync("SELECT max(id) FROM link") == last);
    }

    private static async Task<double> FollowAsync(Uri server, int links)
    {
        _ = await Wrk.RunAsync(server, links, Warmup);
        return (await Wrk.RunAsync(server, links, Time)).Rate;
    }

    private static Result[] Show(string where, double few, double many) =>
    [
        new($"redirects/s that read {where}, {Few:N0} links", $"{few:N0}", ""),
        new($"redirects/s that read {where}, {Many:N0} links", $"{many:N0}", ""),
        new($"{where}: many over few", $"{many / few:N2}", $"{GoalShare}", many / few >= GoalShare),
    ];
}
