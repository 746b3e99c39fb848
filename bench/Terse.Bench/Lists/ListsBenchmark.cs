using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using Terse.Harness;

namespace Terse.Bench;

/// <summary>
/// Measures lists, searches and tags with many links on SQLite and on PostgreSQL. Eight clients send one
/// request after the other, as fast as the server answers.
/// </summary>
internal static class ListsBenchmark
{
    private const int DefaultLinks = 10_000_000;
    private const int Clients = 8;
    private const int PageSize = 50;
    private static readonly TimeSpan GoalTime = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(4);

    /// <summary><c>lists</c>, or <c>lists=100000</c> with the number of links.</summary>
    public static Func<string, Task<IEnumerable<Result>>>? Find(string name) => name.Split('=') switch
    {
        ["lists"] => program => RunAsync(program, DefaultLinks),
        ["lists", var number] when int.TryParse(number, CultureInfo.InvariantCulture, out var links) =>
            program => RunAsync(program, links),
        _ => null,
    };

    private static async Task<IEnumerable<Result>> RunAsync(string program, int count)
    {
        var links = new BenchLinks(count, TimeProvider.System.GetUtcNow());
        return [.. await RunSqliteAsync(program, links), .. await RunPostgresAsync(program, links)];
    }

    private static async Task<List<Result>> RunSqliteAsync(string program, BenchLinks links)
    {
        using var folder = new TemporaryFolder(Path.Combine(Repository.Root, "artifacts"));
        await using (await SqliteLinks.ServeAsync(program, folder))
        {
            // The server has created the database's schema and can stop.
        }

        using (var filler = new SqliteListFiller(folder["terse.db"]))
            filler.Fill(links);
        await using var server = await SqliteLinks.ServeAsync(program, folder, Settings);
        var bytes = new FileInfo(folder["terse.db"]).Length;
        return await MeasureAsync("SQLite", server, links, bytes);
    }

    private static async Task<List<Result>> RunPostgresAsync(string program, BenchLinks links)
    {
        await using var bench = await PostgresBench.StartAsync(program, Settings);
        await using var source = NpgsqlDataSource.Create(bench.Postgres.Primary.ConnectionString);
        await new PostgresListFiller(source, links).FillAsync();
        await Eventually.IsTrueAsync(async () => await bench.Postgres.Replicas[0].ReadAsync(
            "SELECT coalesce(max(newer_than), 0) FROM list_progress") == BenchLinks.IdOf(links.Count));
        await using var size = source.CreateCommand("SELECT pg_database_size(current_database())");
        var bytes = (long)(await size.ExecuteScalarAsync())!;
        return await MeasureAsync("PostgreSQL", bench.Server, links, bytes);
    }

    private static string[] Settings => ["--Domains:Others:0", BenchLinks.OtherDomain];

    private static async Task<List<Result>> MeasureAsync(
        string where, TerseProcess server, BenchLinks links, long bytes)
    {
        var results = new List<Result>
        {
            new($"{where}, {links.Count:N0} links: bytes a link", $"{bytes / links.Count:N0}", ""),
        };
        foreach (var (what, path) in await PathsAsync(server, links))
        {
            var address = server.Http.BaseAddress!;
            _ = await BenchClient.RunAsync(address, Clients, Warmup, () => BenchRequest.List(address, path));
            var times = await BenchClient.RunAsync(
                address, Clients, Time, () => BenchRequest.List(address, path));
            var result = Result.OfTimes($"{where}, {what}", times);
            var p99 = times.Order().ElementAt(times.Count * 99 / 100);
            results.Add(result with { Goal = "p99 50 ms", Met = p99 < GoalTime });
        }

        return results;
    }

    private static async Task<List<(string What, Func<string> Path)>> PathsAsync(
        TerseProcess server, BenchLinks links)
    {
        var (page100, byVisits100) =
            (await CursorAsync(server, "order=newest"), await CursorAsync(server, "order=visits"));
        var month = links.CreatedAt(links.Count / 2);
        var monthLater = month.AddDays(30);
        return
        [
            ("first page", () => "links"),
            ("100th page", () => "links?" + page100),
            ("oldest first", () => "links?order=oldest"),
            ("by visits, first page", () => "links?order=visits"),
            ("by visits, 100th page", () => "links?" + byVisits100),
            ("domain", () => "links?domain=" + BenchLinks.OtherDomain),
            ("most frequent tag", () => "links?tag=" + Tag(0)),
            ("any tag", () => "links?tag=" + Tag(Pick(BenchLinks.Tags))),
            ("two tags", () => $"links?tag={Tag(Pick(10))}&tag={Tag(Pick(100))}"),
            ("one of three tags", () =>
                $"links?anyTag={Tag(Pick(10))}&anyTag={Tag(Pick(1000))}&anyTag={Tag(Pick(BenchLinks.Tags))}"),
            ("without a tag", () => "links?noTag=" + Tag(0)),
            .. from state in (string[])["active", "scheduled", "expired", "exhausted", "disabled", "deleted"]
                select ($"state {state}", (Func<string>)(() => "links?state=" + state)),
            ("created in a month", () => $"links?createdFrom={month:O}&createdUntil={monthLater:O}"
                .Replace("+", "%2B", StringComparison.Ordinal)),
            ("most frequent host", () => "links?targetHost=" + BenchLinks.HostOf(0)),
            ("any host", () => "links?targetHost=" + BenchLinks.HostOf(Pick(2_000))),
            ("not visited for a month", () => $"links?notVisitedSince={monthLater:O}"
                .Replace("+", "%2B", StringComparison.Ordinal)),
            ("rare word", () => "links?q=" + BenchLinks.Rare),
            ("common word", () => "links?q=" + BenchLinks.Common),
            ("word of one link in 1,000", () => "links?q=" + BenchLinks.Medium),
            ("beginning of a word", () => "links?q=summ"),
            ("Korean word", () => "links?q=" + Uri.EscapeDataString(BenchLinks.Korean)),
            ("two words", () => $"links?q={BenchLinks.Common}+{BenchLinks.Medium}"),
            ("code", () => $"links?q=0{Pick(links.Count) + 1}"),
            ("word and tag", () => $"links?q={BenchLinks.Common}&tag={Tag(Pick(100))}"),
            ("rare word by visits", () => $"links?q={BenchLinks.Rare}&order=visits"),
            ("common word by visits", () => $"links?q={BenchLinks.Common}&order=visits"),
            ("tags", () => "tags"),
            ("tags with a beginning", () => $"tags?q=tag+{Pick(1_000)}"),
        ];
    }

#pragma warning disable CA5394 // The numbers only vary the requests.
    private static int Pick(int end) => Random.Shared.Next(end);
#pragma warning restore CA5394

    private static string Tag(int rank) => Uri.EscapeDataString(BenchLinks.TagOf(rank));

    /// <summary>Walks to the 100th page, and returns its parameters.</summary>
    private static async Task<string> CursorAsync(TerseProcess server, string order)
    {
        var query = $"{order}&limit={PageSize}";
        var cursor = "";
        for (var page = 1; page < 100; page++)
        {
            var list = await server.Http.GetFromJsonAsync<JsonElement>(
                new Uri($"/api/v1/links?{query}{cursor}", UriKind.Relative));
            if (!list.TryGetProperty("next", out var next))
                break;
            cursor = "&cursor=" + next.GetString();
        }

        return query + cursor;
    }
}
