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

    private const string Name = "lists";

    /// <summary>
    /// <c>lists</c>, or <c>lists=100000,folder=FOLDER,only=TEXT</c> with the number of links, a folder that
    /// keeps the filled databases for the next run, and a text that the names of the measured rows contain.
    /// </summary>
    public static Func<string, Task<IEnumerable<Result>>>? Find(string name)
    {
        if (name == Name)
            return program => RunAsync(program, new(DefaultLinks, Folder: null, Only: ""));
        var parts = name.Split(',').Select(part => part.Split('=', 2)).ToList();
        if (parts.Exists(part => part.Length < 2) || parts[0][0] != Name
            || !int.TryParse(parts[0][1], CultureInfo.InvariantCulture, out var links))
        {
            return null;
        }

        var options = parts.ToDictionary(part => part[0], part => part[1], StringComparer.Ordinal);
        return program => RunAsync(
            program, new(links, options.GetValueOrDefault("folder"), options.GetValueOrDefault("only", "")));
    }

    private sealed record Options(int Links, string? Folder, string Only);

    private static async Task<IEnumerable<Result>> RunAsync(string program, Options options)
    {
        using var folder = options.Folder is null
            ? new TemporaryFolder(Path.Combine(Repository.Root, "artifacts"))
            : null;
        var kept = options.Folder ?? folder!.Path;
        var links = new BenchLinks(options.Links, TimeProvider.System.GetUtcNow());
        var results = new List<Result>();
        if (!options.Only.StartsWith(Postgres, StringComparison.Ordinal))
        {
            results.AddRange(
                await RunSqliteAsync(program, links, Path.Combine(kept, "sqlite"), options.Only));
        }

        if (!options.Only.StartsWith(Sqlite, StringComparison.Ordinal))
            results.AddRange(await RunPostgresAsync(program, links, kept, options.Only));
        return results;
    }

    private const string Sqlite = "SQLite", Postgres = "PostgreSQL";

    private static async Task<List<Result>> RunSqliteAsync(
        string program, BenchLinks links, string folder, string only)
    {
        var file = Path.Combine(folder, "terse.db");
        if (!File.Exists(file))
        {
            Directory.CreateDirectory(folder);
            await using (await ServeAsync(program, folder))
            {
                // The server has created the database's schema and can stop.
            }

            using var filler = new SqliteListFiller(file);
            filler.Fill(links);
        }

        await using var server = await ServeAsync(program, folder);
        var bytes = new FileInfo(file).Length;
        return await MeasureAsync(Sqlite, server, links, bytes, () => ProcessUsage.CpuTime(server.Id), only);
    }

    /// <summary>
    /// Without a replica, so that the database is on the disk only once. The primary then serves the lists.
    /// </summary>
    private static async Task<List<Result>> RunPostgresAsync(
        string program, BenchLinks links, string folder, string only)
    {
        var data = Path.Combine(folder, "postgres");
        var isFilled = Directory.Exists(data);
        await Command.RunAsync("chmod", ["a+rwx", folder]);
        await using var host = isFilled
            ? await PostgresServer.StartAgainAsync(data)
            : await PostgresServer.StartPrimaryAsync(data);
        if (!isFilled)
        {
            await host.CreateDatabaseAsync();
            foreach (var setting in (string[])["shared_buffers = '2GB'", "max_wal_size = '8GB'"])
                await host.ExecuteAsync($"ALTER SYSTEM SET {setting}");
            await host.StopAsync();
            await host.StartAsync();
        }

        await using var source = NpgsqlDataSource.Create(host.ConnectionString);
        if (!isFilled)
        {
            using var empty = new TemporaryFolder();
            await using (await ServeAsync(program, empty.Path, "--Database:Hosts:0", host.ConnectionString))
            {
                // The server has created the database's schema and can stop.
            }

            await new PostgresListFiller(source, links).FillAsync();
        }

        using var spool = new TemporaryFolder();
        await using var server = await ServeAsync(
            program, spool.Path, "--Database:Hosts:0", host.ConnectionString);
        await using var size = source.CreateCommand("SELECT pg_database_size(current_database())");
        var bytes = (long)(await size.ExecuteScalarAsync())!;
        return await MeasureAsync(
            Postgres,
            server,
            links,
            bytes,
            () => ProcessUsage.CpuTime(server.Id) + ProcessUsage.CpuTimeOfChildren(host.ProcessId),
            only);
    }

    private static Task<TerseProcess> ServeAsync(string program, string folder, params string[] settings) =>
        TerseProcess.StartAsync(
            program,
            [
                "serve", "--urls", "http://127.0.0.1:0", "--data", folder,
                "--Domains:Others:0", BenchLinks.OtherDomain, .. settings,
            ]);

    private static async Task<List<Result>> MeasureAsync(
        string where,
        TerseProcess server,
        BenchLinks links,
        long bytes,
        Func<TimeSpan> cpuTime,
        string only)
    {
        var results = new List<Result>
        {
            new($"{where}, {links.Count:N0} links: bytes a link", $"{bytes / links.Count:N0}", ""),
        };
        foreach (var (what, path) in await PathsAsync(server, links))
        {
            if (!$"{where}, {what}".Contains(only, StringComparison.Ordinal))
                continue;
            var address = server.Http.BaseAddress!;
            var found = await CountLinksAsync(server, path());
            _ = await BenchClient.RunAsync(address, Clients, Warmup, () => BenchRequest.List(address, path));
            var before = cpuTime();
            var times = await BenchClient.RunAsync(
                address, Clients, Time, () => BenchRequest.List(address, path));
            var used = (cpuTime() - before).TotalMilliseconds / times.Count;
            var result = Result.OfTimes($"{where}, {what}", times);
            var p99 = times.Order().ElementAt(times.Count * 99 / 100);
            results.Add(result with
            {
                Measured = $"{result.Measured}; {used:N1} ms CPU; {found} links",
                Goal = "p99 50 ms",
                Met = p99 < GoalTime,
            });
            await Console.Error.WriteLineAsync($"{Load()} {results[^1]}");
        }

        return results;
    }

    /// <summary>The load average: other programs may run beside the benchmark.</summary>
    private static string Load() => File.ReadAllText("/proc/loadavg").Split(' ')[0];

    private static async Task<int> CountLinksAsync(TerseProcess server, string path)
    {
        var list = await server.ReadAsync("/api/v1/" + path);
        return list.TryGetProperty("links", out var links) ? links.GetArrayLength()
            : list.GetProperty("tags").GetArrayLength();
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
