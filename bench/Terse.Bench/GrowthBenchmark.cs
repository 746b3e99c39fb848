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

    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(8);

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
        var few = await MeasureSqliteAsync(program, Few);
        var many = await MeasureSqliteAsync(program, Many);
        return Show("SQLite", few, many);
    }

    public static async Task<IEnumerable<Result>> RunPostgresAsync(string program)
    {
        await using var bench = await PostgresBench.StartAsync(program, NoCache);
        await InsertAsync(bench, 1, Few);
        var few = await FollowAsync(bench.Address, Few);
        await InsertAsync(bench, Few + 1, Many);
        return Show("PostgreSQL", few, await FollowAsync(bench.Address, Many));
    }

    private static async Task<double> MeasureSqliteAsync(string program, int links)
    {
        using var folder = await SqliteLinks.MakeAsync(program, links);
        await using var server = await SqliteLinks.ServeAsync(program, folder, NoCache);
        return await FollowAsync(server.Http.BaseAddress!, links);
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
